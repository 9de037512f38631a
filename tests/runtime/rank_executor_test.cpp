#include "runtime/rank_executor.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "tests/runtime/collective_memory.hpp"
#include "tests/runtime/scrambled_network.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::CollectiveMemory;
using testing::random_placement;
using testing::random_schedule;
using testing::ScrambledNetwork;

constexpr int kExecutions = 3;

// Inputs whose sums depend on the order of reduction.
void make_rough(const CollectiveMemory& memory, const Plan& plan) {
  std::mt19937_64 random(9);
  for (int rank = 0; rank < plan.ranks; ++rank) {
    auto* const input = const_cast<std::byte*>(memory.ranks()[rank].input);
    for (std::uint64_t i = 0; i < input_elements(plan, rank); ++i) {
      const float value = static_cast<float>(static_cast<double>(random() % 2000001) - 1e6) / 7;
      std::memcpy(input + i * sizeof value, &value, sizeof value);
    }
  }
}

using Bits = std::vector<std::vector<std::byte>>;

// The outputs of all executions, which are checked against the reference unless rough.
std::vector<Bits> run_scrambled(
    const Plan& plan, DataType dtype, ReduceOp op, bool rough, std::uint64_t seed) {
  std::vector<std::unique_ptr<CollectiveMemory>> memories;
  std::vector<ScrambledNetwork::Execution> executions;
  for (int e = 0; e < kExecutions; ++e) {
    memories.push_back(std::make_unique<CollectiveMemory>(plan, dtype, op, seed % 2 == 0));
    if (rough) make_rough(*memories.back(), plan);
    const bool averages = op == ReduceOp::Avg && reduces(plan.collective);
    executions.push_back({.buffers = memories.back()->ranks(),
                          .combine = combine_function(dtype, op),
                          .divisor = averages ? plan.ranks : 0});
  }
  ScrambledNetwork network(plan, seed);
  const std::optional<Stall> stall = network.run(executions);
  REQUIRE_MESSAGE(!stall, to_string(stall.value_or(Stall{})));
  std::vector<Bits> outputs;
  for (const auto& memory : memories) {
    if (!rough) CHECK(memory->wrong() == 0);
    if (!rough) CHECK(memory->inputs_untouched());
    outputs.push_back(memory->outputs());
  }
  return outputs;
}

Plan random_plan(Collective collective, std::size_t element_size, std::mt19937_64& random) {
  const int ranks = 2 + static_cast<int>(random() % 9);
  const auto plan = lower_plan(random_schedule(collective, ranks, random),
                               {.count = random() % 900,
                                .element_size = element_size,
                                .in_place = random() % 2 == 0,
                                .channels = 1 + static_cast<int>(random() % 3),
                                .chunk_bytes = 1 + random() % 300,
                                .placement = random_placement(ranks, random)});
  REQUIRE(plan.ok());
  REQUIRE(violations(plan.value()).empty());
  return plan.value();
}

TEST_CASE("every execution ends with the right result, whatever the network does") {
  std::mt19937_64 random(11);
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 40; ++round) {
      const DataType dtype = kDataTypes[random() % kDataTypes.size()];
      const ReduceOp op = kReduceOps[random() % kReduceOps.size()];
      CAPTURE(std::string(name_of(collective)));
      CAPTURE(round);
      const Plan plan = random_plan(collective, size_of(dtype), random);
      (void)run_scrambled(plan, dtype, op, false, random());
    }
  }
}

TEST_CASE("chunks by the thousand: numbers go round, and on from one execution to the next") {
  std::mt19937_64 random(12);
  const Placement apart{.process = {0, 1, 2}, .host = {0, 1, 2}};
  for (const Collective collective : kCollectives) {
    const auto plan =
        lower_plan(random_schedule(collective, 3, random),
                   {.count = 1500, .element_size = 1, .chunk_bytes = 1, .placement = apart});
    REQUIRE(plan.ok());
    (void)run_scrambled(plan.value(), DataType::Uint8, ReduceOp::Sum, false, random());
  }
}

TEST_CASE("bits are those of one thread without a network, in every run") {
  std::mt19937_64 random(13);
  for (const Collective collective :
       {Collective::AllReduce, Collective::ReduceScatter, Collective::Reduce}) {
    for (int round = 0; round < 15; ++round) {
      const Plan plan = random_plan(collective, 4, random);
      CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
      make_rough(memory, plan);
      HostExecutor executor(plan, DataType::Float32, ReduceOp::Sum);
      REQUIRE_FALSE(executor.execute(memory.ranks()));
      for (int seed = 1; seed < 6; seed += 2) {  // odd: buffers are where those of `memory` are
        const auto outputs =
            run_scrambled(plan, DataType::Float32, ReduceOp::Sum, true, random() | 1);
        for (const Bits& bits : outputs) CHECK(bits == memory.outputs());
      }
    }
  }
}

TEST_CASE("reports about ops that are not the rank's are ignored") {
  std::mt19937_64 random(14);
  const Placement apart{.process = {0, 1}, .host = {0, 1}};
  const auto plan = lower_plan(random_schedule(Collective::AllReduce, 2, random),
                               {.count = 100, .chunk_bytes = 40, .placement = apart});
  REQUIRE(plan.ok());
  std::vector<OpCounter> counters(plan.value().ops.size());
  std::vector<std::byte> scratch(plan.value().scratch[0] * 4);
  RankExecutor executor(plan.value(), 0,
                        {{.scratch = scratch.data(), .counters = counters.data()}, {}});
  const int ops = static_cast<int>(plan.value().ops.size());
  for (const int op : {-1, ops, ops + 1000, 1 << 22}) {
    executor.arrived(op, 0);
    executor.given_back(op, 0);
    executor.sent(op, 0);
  }
  for (int op = 0; op < ops; ++op) {
    const NodeOp& node = plan.value().ops[op];
    if (node.kind == NodeOp::Kind::Send) continue;
    executor.arrived(op, 0);
    executor.given_back(op, 0);
    executor.sent(op, 0);
  }
  for (const OpCounter& counter : counters) CHECK(counter.load() == 0);
}

TEST_CASE("of several stalls, one for a rank that has not entered is the cause") {
  const auto stall = [](bool entered, bool at_the_end, std::uint64_t chunk, Phase phase,
                        int depth) {
    Stall made;
    made.entered = entered;
    made.at_the_end = at_the_end;
    made.chunk = chunk;
    made.phase = phase;
    made.depth = depth;
    return made;
  };
  const Stall waits = stall(true, false, 0, Phase::Up, 1);
  const Stall down = stall(true, false, 0, Phase::Down, 0);
  const Stall later = stall(true, false, 1, Phase::Up, 0);
  const Stall end = stall(true, true, 0, Phase::Up, 0);
  const Stall absent = stall(false, false, 2, Phase::Down, 3);
  CHECK(comes_before(waits, down));
  CHECK(comes_before(down, later));
  CHECK(comes_before(later, end));
  for (const Stall& other : {waits, later, down, end}) {
    CHECK(comes_before(absent, other));
    CHECK_FALSE(comes_before(other, absent));
  }
}

}  // namespace
}  // namespace pleach
