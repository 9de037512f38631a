#include "compiler/passes/pack_forest.hpp"

#include <map>

#include <doctest/doctest.h>

#include "compiler/passes/pack_trees.hpp"
#include "compiler/verify/check_forest.hpp"
#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

TEST_CASE("random graphs: every way of the portfolio is taken, and gives a forest") {
  std::mt19937_64 random(91);
  std::map<PackingWay, int> taken;
  for (int round = 0; round < 3000; ++round) {
    SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = 2 + static_cast<int>(random() % 11),
                 .neighbours = 2 + static_cast<int>(random() % 6),
                 .most_trees = std::vector<std::int64_t>{1, 3, 200}[round % 3],
                 .all_alike = round % 4 != 0,
                 .spare_edges = static_cast<int>(random() % 12)});
    if (round % 20 == 0) {  // the same in units of 2^70
      const Integer unit = Integer(std::int64_t{1} << 35) * Integer(std::int64_t{1} << 35);
      for (Integer& trees : graph.trees) trees *= unit;
      for (LogicalEdge& edge : graph.edges) edge.capacity *= unit;
    }
    CAPTURE(round);
    const PackedForest packed = pack_forest(graph);
    ++taken[packed.way];
    CHECK(violations(packed.forest, graph).empty());
    CHECK(packed.forest == pack_forest(graph).forest);
  }
  for (const PackingWay way : {PackingWay::ShortestPaths, PackingWay::TightSets,
                               PackingWay::ReparentedPaths, PackingWay::MaxFlows}) {
    CAPTURE(name_of(way));
    CHECK(taken[way] > 20);
  }
}

TEST_CASE("two ranks, and no trees at all") {
  const SwitchFreeGraph pair{{1, 1}, {{0, 1, 1, {}}, {1, 0, 1, {}}}};
  CHECK(pack_forest(pair).forest == Forest{{0, 1, {0}}, {1, 1, {1}}});
  const SwitchFreeGraph idle{{0, 0}, {{0, 1, 1, {}}, {1, 0, 1, {}}}};
  CHECK(pack_forest(idle).forest.empty());
}

}  // namespace
}  // namespace pleach
