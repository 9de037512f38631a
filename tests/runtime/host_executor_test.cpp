#include "runtime/host_executor.hpp"

#include <algorithm>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "tests/runtime/collective_memory.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::CollectiveMemory;
using testing::make_schedule;
using testing::random_placement;
using testing::random_schedule;
using testing::star;
using testing::uniform_schedule;

Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  return plan.value();
}

// Lowers, checks, runs twice over fresh buffers and compares: the result with the reference, the
// second run's bits with the first's. Twice, because counters and scratch start again.
void check_run(const Schedule& schedule, PlanOptions options, DataType dtype, ReduceOp op) {
  options.element_size = size_of(dtype);
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  REQUIRE(violations(plan.value()).empty());
  CAPTURE(std::string(name_of(schedule.collective)));
  CAPTURE(schedule.topology.num_ranks());
  CAPTURE(options.count);
  CAPTURE(options.in_place);
  CAPTURE(options.channels);
  CAPTURE(options.chunk_bytes);
  CAPTURE(std::string(name_of(dtype)));
  CAPTURE(std::string(name_of(op)));
  HostExecutor executor(plan.value(), dtype, op);
  std::vector<std::vector<std::byte>> first;
  for (int run = 0; run < 2; ++run) {
    const CollectiveMemory memory(plan.value(), dtype, op);
    const auto stall = executor.execute(memory.ranks());
    REQUIRE_FALSE(stall);
    CHECK(memory.wrong() == 0);
    CHECK(memory.inputs_untouched());
    if (run == 0) first = memory.outputs();
    CHECK(memory.outputs() == first);
  }
}

struct Shape {
  int channels;
  std::size_t chunk_bytes;
};
constexpr std::array kShapes = {Shape{1, 64 << 10}, Shape{1, 40}, Shape{3, 24}, Shape{2, 1}};
constexpr std::array<std::uint64_t, 5> kCounts = {0, 1, 7, 61, 500};

// Types and operators in turn, so that a sweep over something else meets them all.
struct TypeWheel {
  std::size_t turn = 0;
  std::pair<DataType, ReduceOp> next() {
    const std::size_t at = turn++ % (kDataTypes.size() * kReduceOps.size());
    return {kDataTypes[at % kDataTypes.size()], kReduceOps[at / kDataTypes.size()]};
  }
};

TEST_CASE("every collective, on regular trees, for 2 to 12 ranks, any count, in and out of place") {
  TypeWheel wheel;
  for (const Collective collective : kCollectives) {
    for (const int ranks : {2, 3, 4, 5, 6, 7, 8, 9, 12, 20}) {
      for (const testing::TreeMaker make_tree : {chain, star, binary}) {
        const Schedule schedule = uniform_schedule(collective, ranks, make_tree, ranks / 2);
        for (const std::uint64_t count : kCounts) {
          for (const Shape& shape : kShapes) {
            if (count == 500 && shape.chunk_bytes == 1) continue;  // slow, and no other than 61
            const auto [dtype, op] = wheel.next();
            check_run(schedule,
                      {.count = count,
                       .in_place = wheel.turn % 2 == 0,
                       .channels = shape.channels,
                       .chunk_bytes = shape.chunk_bytes},
                      dtype, op);
          }
        }
      }
    }
  }
}

TEST_CASE("every type and operator, in and out of place") {
  const std::vector up = {chain(5, 1, Rational(1, 3)), binary(5, 1, Rational(1, 3)),
                          star(5, 4, Rational(1, 3))};
  const std::vector down = {star(5, 4, Rational(1, 3)), chain(5, 1, Rational(2, 3))};
  const Schedule allreduce = make_schedule(Collective::AllReduce, 5, up, down);
  const Schedule scatter = uniform_schedule(Collective::ReduceScatter, 5, binary);
  const Schedule reduce = uniform_schedule(Collective::Reduce, 5, chain, 3);
  for (const Schedule& schedule : {allreduce, scatter, reduce}) {
    for (const DataType dtype : kDataTypes) {
      for (const ReduceOp op : kReduceOps) {
        for (const bool in_place : {false, true}) {
          check_run(schedule, {.count = 3001, .in_place = in_place, .chunk_bytes = 1000}, dtype,
                    op);
        }
      }
    }
  }
}

TEST_CASE("buffers of any alignment") {
  for (const Collective collective : kCollectives) {
    const Schedule schedule = uniform_schedule(collective, 5, binary);
    for (const DataType dtype : kDataTypes) {
      for (const bool in_place : {false, true}) {
        // shards of an odd number of elements
        const Plan plan = lowered(schedule, {.count = 1001,
                                             .element_size = size_of(dtype),
                                             .in_place = in_place,
                                             .chunk_bytes = 1000});
        const CollectiveMemory memory(plan, dtype, ReduceOp::Sum, true);
        HostExecutor executor(plan, dtype, ReduceOp::Sum);
        REQUIRE_FALSE(executor.execute(memory.ranks()));
        CHECK(memory.wrong() == 0);
        CHECK(memory.inputs_untouched());
      }
    }
  }
}

TEST_CASE("random forests") {
  std::mt19937_64 random(5);
  TypeWheel wheel;
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 120; ++round) {
      const int ranks = 2 + static_cast<int>(random() % 12);
      const auto [dtype, op] = wheel.next();
      const Placement placement = random_placement(ranks, random);
      check_run(random_schedule(collective, ranks, random),
                {.count = random() % 700,
                 .in_place = random() % 2 == 0,
                 .channels = 1 + static_cast<int>(random() % 4),
                 .chunk_bytes = 1 + random() % 500,
                 .placement = round % 2 == 0 ? Placement{} : placement},
                dtype, op);
    }
  }
}

TEST_CASE("buffers of a mebibyte, with the chunks of real runs") {
  std::mt19937_64 random(6);
  for (const Collective collective : kCollectives) {
    const Schedule schedule = random_schedule(collective, 5, random);
    for (const bool in_place : {false, true}) {
      check_run(schedule,
                {.count = count_of(collective, 5, 1 << 20, 4),
                 .in_place = in_place,
                 .chunk_bytes = 16 << 10},
                DataType::Float32, ReduceOp::Sum);
    }
  }
}

TEST_CASE("the order of reduction is the tree's: own input, then children in file order") {
  // Next to 1e16 a 1 is rounded away, so the sum is 1 or 0 by the order; all ranks must agree.
  Schedule schedule = make_schedule(Collective::AllReduce, 3, {star(3, 0, 1)}, {chain(3, 0, 1)});
  const auto run = [&] {
    const auto plan = lower_plan(schedule, {.count = 1, .element_size = 8});
    REQUIRE(plan.ok());
    std::vector<double> inputs = {1e16, -1e16, 1};
    std::vector<double> outputs(3);
    std::vector<RankBuffers> ranks;
    for (int r = 0; r < 3; ++r) {
      ranks.push_back({.input = reinterpret_cast<const std::byte*>(&inputs[r]),
                       .output = reinterpret_cast<std::byte*>(&outputs[r])});
    }
    HostExecutor executor(plan.value(), DataType::Float64, ReduceOp::Sum);
    REQUIRE_FALSE(executor.execute(ranks));
    CHECK(outputs[0] == outputs[1]);
    CHECK(outputs[0] == outputs[2]);
    return outputs[0];
  };
  CHECK(run() == 0);  // (1e16 + 1) - 1e16: the sample's reduce trees list the last sibling first
  std::reverse(schedule.reduce_trees[0].routes.begin(), schedule.reduce_trees[0].routes.end());
  CHECK(run() == 1);
}

TEST_CASE("a wait that nothing meets ends in a stall that names it") {
  //  0 - 1 - 2: op 0 is rank 1's sum, op 1 the turn at rank 0, op 2 rank 1's copy
  const std::vector trees = {chain(3, 0, 1)};
  Plan plan = lowered(make_schedule(Collective::AllReduce, 3, trees, trees),
                      {.count = 100, .chunk_bytes = 40});
  std::string expected;
  SUBCASE("a circle of waits") {
    plan.ops[0].waits.push_back({.op = 2});
    expected =
        "rank 1 waits for rank 1 (/reduce_trees/0, channel 0, chunk 0): expected counter 1, "
        "seen 0";
  }
  SUBCASE("an op that no block has") {
    const auto block = std::find_if(plan.blocks.begin(), plan.blocks.end(),
                                    [](const BlockProgram& b) { return b.rank == 0; });
    REQUIRE(block != plan.blocks.end());
    block->ops.clear();
    expected =
        "rank 1 waits for rank 0 (/broadcast_trees/0, channel 0, chunk 0): expected counter "
        "1, seen 0";
  }
  SUBCASE("an op that stops too early") {
    for (BlockProgram& block : plan.blocks) {
      if (block.rank == 0) block.chunks = 4;
    }
    expected =
        "rank 1 waits for rank 0 (/broadcast_trees/0, channel 0, chunk 4): expected counter "
        "5, seen 4";
  }
  CHECK_FALSE(violations(plan).empty());
  const CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
  HostExecutor executor(plan, DataType::Float32, ReduceOp::Sum);
  const auto stall = executor.execute(memory.ranks());
  REQUIRE(stall);
  CHECK(to_string(*stall) == expected);
  CHECK(executor.execute(memory.ranks()));  // and again the next time
}

// One random change that keeps the plan safe to execute.
void break_something(Plan& plan, std::mt19937_64& random) {
  NodeOp& op = plan.ops[random() % plan.ops.size()];
  BlockProgram& block = plan.blocks[random() % plan.blocks.size()];
  switch (random() % 7) {
    case 0: op.waits = {}; break;
    case 1:
      if (!op.waits.full())
        op.waits.push_back({.op = static_cast<int>(random() % plan.ops.size())});
      break;
    case 2:
      if (!op.waits.empty()) op.waits[0].lag = static_cast<std::uint32_t>(random() % 8);
      break;
    case 3: std::shuffle(block.ops.begin(), block.ops.end(), random); break;
    case 4: block.ops.pop_back(); break;
    case 5: block.chunks = random() % (block.chunks + 1); break;
    case 6: std::shuffle(plan.blocks.begin(), plan.blocks.end(), random); break;
  }
}

TEST_CASE("whatever is broken, an execution ends; and what passes the check gives the result") {
  std::mt19937_64 random(7);
  int sound = 0;
  int stalled = 0;
  for (int round = 0; round < 1500; ++round) {
    const Collective collective = kCollectives[random() % kCollectives.size()];
    Plan plan = lowered(random_schedule(collective, 2 + static_cast<int>(random() % 5), random),
                        {.count = 1 + random() % 50, .chunk_bytes = 4 + random() % 30});
    break_something(plan, random);
    const bool passes = violations(plan).empty();
    const CollectiveMemory memory(plan, DataType::Float32, ReduceOp::Sum);
    HostExecutor executor(plan, DataType::Float32, ReduceOp::Sum);
    const auto stall = executor.execute(memory.ranks());
    if (passes) {
      ++sound;
      CHECK_FALSE(stall);
      CHECK(memory.wrong() == 0);
    }
    if (stall) ++stalled;
  }
  CHECK(sound > 100);
  CHECK(stalled > 100);
}

}  // namespace
}  // namespace pleach
