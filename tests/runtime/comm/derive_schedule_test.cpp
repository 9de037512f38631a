#include "runtime/comm/derive_schedule.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/forest_shape.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::make_schedule;
using testing::star;
using testing::uniform_schedule;

Rational total_share(const std::vector<ScheduleTree>& trees) {
  Rational total;
  for (const ScheduleTree& tree : trees) total += tree.share;
  return total;
}

void check_lowers(const Schedule& schedule) {
  CHECK(shape_of(schedule).ok());
  const auto plan = lower_plan(schedule, {.count = 1000, .element_size = 4});
  REQUIRE(plan.ok());
  CHECK(violations(plan.value()).empty());
}

TEST_CASE("an allreduce with equal roots holds an allgather and a reduce_scatter") {
  const Schedule all = uniform_schedule(Collective::AllReduce, 4, binary);
  const auto gather = derive_schedule(all, Collective::AllGather, -1);
  REQUIRE(gather);
  CHECK(gather->collective == Collective::AllGather);
  CHECK(gather->broadcast_trees == all.broadcast_trees);
  CHECK(gather->reduce_trees.empty());
  check_lowers(*gather);
  const auto scatter = derive_schedule(all, Collective::ReduceScatter, -1);
  REQUIRE(scatter);
  CHECK(scatter->reduce_trees == all.reduce_trees);
  CHECK(scatter->broadcast_trees.empty());
  check_lowers(*scatter);
}

TEST_CASE("trees from one root are a broadcast, to one root a reduce, with shares that sum to 1") {
  const Schedule all = uniform_schedule(Collective::AllReduce, 5, chain);
  for (int root = 0; root < 5; ++root) {
    const auto broadcast = derive_schedule(all, Collective::Broadcast, root);
    REQUIRE(broadcast);
    REQUIRE(broadcast->broadcast_trees.size() == 1);
    CHECK(broadcast->broadcast_trees[0].root == root);
    CHECK(broadcast->broadcast_trees[0].share == Rational(1));
    CHECK(broadcast->broadcast_trees[0].routes == all.broadcast_trees[root].routes);
    check_lowers(*broadcast);
    const auto reduce = derive_schedule(all, Collective::Reduce, root);
    REQUIRE(reduce);
    CHECK(total_share(reduce->reduce_trees) == Rational(1));
    check_lowers(*reduce);
  }
}

TEST_CASE("roots with unequal shares hold no allgather, but broadcasts") {
  const std::vector trees = {star(3, 0, Rational(1, 2)), star(3, 1, Rational(1, 4)),
                             chain(3, 1, Rational(1, 4))};
  const Schedule all = make_schedule(Collective::AllReduce, 3, trees, trees);
  CHECK_FALSE(derive_schedule(all, Collective::AllGather, -1));
  CHECK_FALSE(derive_schedule(all, Collective::ReduceScatter, -1));
  CHECK_FALSE(derive_schedule(all, Collective::Broadcast, 2));  // no tree is rooted there
  const auto broadcast = derive_schedule(all, Collective::Broadcast, 1);
  REQUIRE(broadcast);
  REQUIRE(broadcast->broadcast_trees.size() == 2);
  CHECK(broadcast->broadcast_trees[0].share == Rational(1, 2));
  CHECK(broadcast->broadcast_trees[1].share == Rational(1, 2));
  check_lowers(*broadcast);
}

TEST_CASE("trees of the other direction hold nothing") {
  const Schedule gather = uniform_schedule(Collective::AllGather, 3, star);
  CHECK_FALSE(derive_schedule(gather, Collective::ReduceScatter, -1));
  CHECK_FALSE(derive_schedule(gather, Collective::Reduce, 0));
  CHECK_FALSE(derive_schedule(gather, Collective::AllReduce, -1));
  const Schedule scatter = uniform_schedule(Collective::ReduceScatter, 3, star);
  CHECK_FALSE(derive_schedule(scatter, Collective::AllGather, -1));
  CHECK_FALSE(derive_schedule(scatter, Collective::Broadcast, 0));
  CHECK(derive_schedule(scatter, Collective::Reduce, 2));
}

TEST_CASE("the rate is what the links allow") {
  //  One switch, links of 1 GB/s. A star from one root sends all three times over its own link; a
  //  chain sends once over each.
  const Schedule stars = uniform_schedule(Collective::AllGather, 4, star);
  const auto slow = derive_schedule(stars, Collective::Broadcast, 1);
  REQUIRE(slow);
  CHECK(slow->algbw == Rational(1, 3));
  const Schedule chains = uniform_schedule(Collective::AllGather, 4, chain);
  const auto fast = derive_schedule(chains, Collective::Broadcast, 1);
  REQUIRE(fast);
  CHECK(fast->algbw == Rational(1));
  CHECK(fast->bound == ScheduleBound{});
}

}  // namespace
}  // namespace pleach
