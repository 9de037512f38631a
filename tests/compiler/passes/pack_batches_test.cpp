#include "compiler/passes/pack_batches.hpp"

#include <doctest/doctest.h>

#include "compiler/verify/check_forest.hpp"
#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

TEST_CASE("random graphs: as many trees at each root as asked for, no edge overfull") {
  std::mt19937_64 random(61);
  for (int round = 0; round < 4000; ++round) {
    const SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = 2 + static_cast<int>(random() % 12),
                 .neighbours = 1 + static_cast<int>(random() % 5),
                 .most_trees = std::vector<std::int64_t>{1, 2, 7, 1000}[round % 4],
                 .all_alike = round % 3 != 0,
                 .spare_edges = round % 5 == 0 ? 4 : 0});
    CAPTURE(round);
    const PackGraph narrow = pack_graph(graph).value();
    const std::vector<ParentTree> trees = pack_batches(narrow);
    CHECK(violations(forest_of(narrow, trees), graph).empty());
    CHECK(trees == pack_batches(narrow));
  }
}

TEST_CASE("larger tight graphs") {
  std::mt19937_64 random(62);
  for (int round = 0; round < 10; ++round) {
    const SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = 60, .neighbours = 2 + round, .most_trees = 1 + round});
    const PackGraph narrow = pack_graph(graph).value();
    CHECK(violations(forest_of(narrow, pack_batches(narrow)), graph).empty());
  }
}

}  // namespace
}  // namespace pleach
