#include "compiler/view/tree_edges.hpp"

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach::view {
namespace {

using testing::chain;
using testing::star;

// Rank 0 broadcasts along a chain of three, rank 2 in a star; and the same upwards.
Schedule sample(Collective collective) {
  const std::vector<testing::SampleTree> trees = {chain(3, 0, Rational(1, 2)),
                                                  star(3, 2, Rational(1, 2))};
  return testing::make_schedule(collective, 3, trees, trees);
}

std::vector<int> depths(const TreeEdges& tree) {
  std::vector<int> found;
  for (const TreeEdge& edge : tree.edges) found.push_back(edge.depth);
  return found;
}

TEST_CASE("depth counts hops from the root, whichever way data flows") {
  const Schedule schedule = sample(Collective::AllReduce);
  REQUIRE(count_trees(schedule) == 4);
  for (const std::size_t position : {std::size_t{0}, std::size_t{2}}) {
    const TreeEdges tree = tree_edges(schedule, position);
    CHECK(tree.gathers == (position == 2));
    CHECK(tree.root == 0);
    CHECK(tree.share == Rational(1, 2));
    CHECK(tree.height == 2);
    CHECK(depths(tree) == std::vector{1, 2});
    // Rank r is node 3 - r; node 0 is the switch.
    CHECK(tree.depth == std::vector{-1, 2, 1, 0});
    const Route& first = schedule.routes[tree.edges[0].route];
    CHECK((tree.gathers ? first.back() : first.front()) == NodeId{3});
  }
  CHECK(tree_edges(schedule, 1).height == 1);
  CHECK(depths(tree_edges(schedule, 3)) == std::vector{1, 1});
  CHECK_THROWS_AS((void)tree_edges(schedule, 4), InternalError);
}

TEST_CASE("the trees of one root are counted over both lists") {
  const Schedule schedule = sample(Collective::AllReduce);
  CHECK(find_tree(schedule, 0, 0) == std::size_t{0});
  CHECK(find_tree(schedule, 0, 1) == std::size_t{2});
  CHECK(find_tree(schedule, 2, 1) == std::size_t{3});
  CHECK_FALSE(find_tree(schedule, 0, 2).has_value());
  CHECK_FALSE(find_tree(schedule, 1, 0).has_value());
}

}  // namespace
}  // namespace pleach::view
