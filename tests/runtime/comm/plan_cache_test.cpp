#include "runtime/comm/plan_cache.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "runtime/comm/comm_error.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::chain;
using testing::uniform_schedule;

const std::vector<std::vector<std::string>> kNoRails;

CallShape all_reduce_of(std::uint64_t count, DataType dtype = DataType::Float32) {
  return {.collective = Collective::AllReduce, .count = count, .dtype = dtype};
}

std::vector<std::uint64_t> ops_of_ranks(const Plan& plan) {
  std::vector<std::uint64_t> ops(plan.ranks, 0);
  for (const NodeOp& op : plan.ops) ++ops[op.rank];
  return ops;
}

TEST_CASE("types of one size share a plan, other calls do not") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 3, chain);
  PlanCache cache(0, 3);
  CHECK(cache.find(all_reduce_of(10)) == nullptr);
  PreparedPlan* const made = cache.make(all_reduce_of(10), schedule, {}, kNoRails, {});
  REQUIRE(made != nullptr);
  CHECK(made->plan.count == 10);
  CHECK(cache.find(all_reduce_of(10)) == made);
  CHECK(cache.find(all_reduce_of(10, DataType::Int32)) == made);
  CallShape maximum = all_reduce_of(10);
  maximum.op = ReduceOp::Max;
  CHECK(cache.find(maximum) == made);
  CHECK(cache.find(all_reduce_of(10, DataType::Float64)) == nullptr);
  CHECK(cache.find(all_reduce_of(11)) == nullptr);
}

TEST_CASE("every rank places the counters of every plan alike, one behind the other") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 4, chain);
  PlanCache first(0, 4);
  PlanCache last(3, 4);
  std::vector<std::uint64_t> used(4, 0);
  for (const std::uint64_t count : {5, 1000, 77, 0, 123456}) {
    const PreparedPlan* const a = first.make(all_reduce_of(count), schedule, {}, kNoRails, {});
    const PreparedPlan* const b = last.make(all_reduce_of(count), schedule, {}, kNoRails, {});
    REQUIRE(a != nullptr);
    REQUIRE(b != nullptr);
    CHECK(a->counters == used);
    CHECK(b->counters == used);
    CHECK(a->plan.ops.size() == b->plan.ops.size());
    const auto ops = ops_of_ranks(a->plan);
    for (int rank = 0; rank < 4; ++rank) used[rank] += ops[rank];
  }
  first.forget_all();
  CHECK(first.find(all_reduce_of(5)) == nullptr);
  const PreparedPlan* const again = first.make(all_reduce_of(5), schedule, {}, kNoRails, {});
  REQUIRE(again != nullptr);
  CHECK(again->counters == std::vector<std::uint64_t>(4, 0));
}

TEST_CASE("a cache that is full says so, and takes plans again when it has forgotten") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 2, chain);
  PlanCache cache(0, 2);
  std::uint64_t count = 1;
  while (cache.make(all_reduce_of(count), schedule, {}, kNoRails, {}) != nullptr) {
    ++count;
    REQUIRE(count < 10000);
  }
  CHECK(count > 100);
  CHECK(cache.find(all_reduce_of(1)) != nullptr);
  CHECK(cache.find(all_reduce_of(count)) == nullptr);
  cache.forget_all();
  CHECK(cache.make(all_reduce_of(count), schedule, {}, kNoRails, {}) != nullptr);
}

TEST_CASE("trees that can not be executed are refused in words") {
  Schedule schedule = uniform_schedule(Collective::AllReduce, 3, chain);
  schedule.broadcast_trees[1].routes.pop_back();
  PlanCache cache(0, 3);
  try {
    (void)cache.make(all_reduce_of(10), schedule, {}, kNoRails, {});
    FAIL("it is taken");
  } catch (const CommError& error) {
    CHECK(error.kind() == CommError::Kind::InvalidArgument);
    CHECK(std::string(error.what()).find("can not be executed") != std::string::npos);
  }
}

TEST_CASE("what crosses hosts has a path for each send") {
  const Schedule schedule = uniform_schedule(Collective::AllReduce, 4, chain);
  const Placement placement{.process = {0, 0, 1, 1}, .host = {0, 0, 1, 1}};
  const std::vector<std::vector<std::string>> rails(4, {"tcp 127.0.0.1"});
  PlanCache cache(1, 4);
  const PreparedPlan* const made = cache.make(all_reduce_of(1000), schedule, placement, rails, {});
  REQUIRE(made != nullptr);
  CHECK(made->network.paths.size() == made->plan.ops.size());
  const bool sends =
      std::any_of(made->plan.ops.begin(), made->plan.ops.end(), [](const NodeOp& op) {
        return op.rank == 1 && op.kind == NodeOp::Kind::Send && op.destinations[0].rank == 2;
      });
  CHECK(sends);
  REQUIRE(made->network.receivers.size() == 1);
  CHECK(made->network.receivers[0].peer == 2);
}

}  // namespace
}  // namespace pleach
