#include "compiler/plan/forest_shape.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::make_schedule;
using testing::random_schedule;
using testing::star;
using testing::uniform_schedule;

std::vector<int> children_of(const TreeShape& shape, int rank) {
  const auto children = shape.children(rank);
  return {children.begin(), children.end()};
}

TEST_CASE("a tree's parents, children and order") {
  //  1 ─┬─ 2 ── 0
  //     └─ 3
  const Schedule schedule =
      make_schedule(Collective::AllReduce, 4, {binary(4, 1, 1)}, {binary(4, 1, 1)});
  const auto forest = shape_of(schedule);
  REQUIRE(forest.ok());
  REQUIRE(forest.value().reduce_trees.size() == 1);
  REQUIRE(forest.value().broadcast_trees.size() == 1);
  const TreeShape& down = forest.value().broadcast_trees[0];
  CHECK(down.root == 1);
  CHECK(down.order == std::vector{1, 2, 3, 0});
  CHECK(down.parent == std::vector{2, -1, 1, 1});
  CHECK(children_of(down, 1) == std::vector{2, 3});
  CHECK(children_of(down, 2) == std::vector{0});
  CHECK(children_of(down, 0).empty());
  const TreeShape& up = forest.value().reduce_trees[0];
  CHECK(up.parent == down.parent);
  CHECK(children_of(up, 1) == std::vector{3, 2});  // in file order: the deep one stands last
}

TEST_CASE("random schedules have sound shapes") {
  std::mt19937_64 random(2);
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 30; ++round) {
      CHECK(shape_of(random_schedule(collective, 2 + round % 9, random)).ok());
    }
  }
}

// The one mistake of a broken schedule.
Diagnostic only_mistake(const Schedule& schedule) {
  const auto forest = shape_of(schedule);
  REQUIRE_FALSE(forest.ok());
  REQUIRE(forest.mistakes().size() == 1);
  CHECK_FALSE(forest.mistakes()[0].expected.empty());
  return forest.mistakes()[0];
}

TEST_CASE("mistakes are named with their place") {
  Schedule good = uniform_schedule(Collective::AllGather, 3, chain);
  REQUIRE(shape_of(good).ok());

  SUBCASE("a route that does not exist") {
    good.broadcast_trees[1].routes[1] = 99;
    CHECK(only_mistake(good).pointer == "/broadcast_trees/1/routes/1");
  }
  SUBCASE("a route that ends at a switch") {
    good.routes[good.broadcast_trees[0].routes[0]].pop_back();
    const auto forest = shape_of(good);
    REQUIRE_FALSE(forest.ok());
    CHECK(forest.mistakes()[0].message.find("does not join two ranks") != std::string::npos);
  }
  SUBCASE("a rank twice") {
    good.broadcast_trees[2].routes[1] = good.broadcast_trees[2].routes[0];
    CHECK(only_mistake(good).message == "rank 0 is in the tree twice");
  }
  SUBCASE("a rank missing") {
    good.broadcast_trees[2].routes.pop_back();
    CHECK(only_mistake(good).message == "the tree has 2 of 3 ranks");
  }
  SUBCASE("children before parents") {
    std::swap(good.broadcast_trees[0].routes[0], good.broadcast_trees[0].routes[1]);
    CHECK(only_mistake(good).message.find("is not joined to the root") != std::string::npos);
  }
  SUBCASE("a root that does not exist") {
    good.broadcast_trees[0].root = 3;
    CHECK(only_mistake(good).pointer == "/broadcast_trees/0/root");
  }
  SUBCASE("a share of zero") {
    good.broadcast_trees[0].share = Rational(0);
    CHECK(only_mistake(good).pointer == "/broadcast_trees/0/share");
  }
  SUBCASE("shares that do not add up: both the sum and the root's part") {
    good.broadcast_trees[0].share = Rational(1, 2);
    const auto forest = shape_of(good);
    REQUIRE_FALSE(forest.ok());
    REQUIRE(forest.mistakes().size() == 2);
    CHECK(forest.mistakes()[0].message == "the shares add up to 7/6");
    CHECK(forest.mistakes()[1].message == "the trees of root 0 carry 1/2 of the buffer");
  }
  SUBCASE("a list too many") {
    good.reduce_trees = good.broadcast_trees;
    CHECK(only_mistake(good).pointer == "/reduce_trees");
  }
  SUBCASE("a list missing") {
    good.broadcast_trees.clear();
    CHECK(only_mistake(good).message == "a schedule for allgather has no trees in this list");
  }
}

TEST_CASE("an allreduce needs the same share up as down for every root") {
  const std::vector up = {star(3, 0, Rational(1, 2)), star(3, 1, Rational(1, 2))};
  const std::vector down = {star(3, 0, Rational(1, 4)), star(3, 1, Rational(3, 4))};
  const auto forest = shape_of(make_schedule(Collective::AllReduce, 3, up, down));
  REQUIRE_FALSE(forest.ok());
  CHECK(forest.mistakes().size() == 2);
}

TEST_CASE("a broadcast has one root") {
  const std::vector trees = {star(3, 0, Rational(1, 2)), star(3, 1, Rational(1, 2))};
  CHECK(only_mistake(make_schedule(Collective::Broadcast, 3, {}, trees)).pointer ==
        "/broadcast_trees/1/root");
}

TEST_CASE("mistakes past 20 are counted") {
  Schedule schedule = uniform_schedule(Collective::AllGather, 30, chain);
  for (ScheduleTree& tree : schedule.broadcast_trees) tree.routes.pop_back();
  const auto forest = shape_of(schedule);
  REQUIRE_FALSE(forest.ok());
  REQUIRE(forest.mistakes().size() == 21);
  CHECK(forest.mistakes().back().message == "and 10 more mistakes");
}

}  // namespace
}  // namespace pleach
