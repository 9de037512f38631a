#include "compiler/passes/reparent_trees.hpp"

#include <doctest/doctest.h>

#include "compiler/passes/pack_batches.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/verify/check_forest.hpp"
#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

SwitchFreeGraph random_graph(std::mt19937_64& random, int round) {
  return testing::random_packable(random,
                                  {.ranks = 2 + static_cast<int>(random() % 11),
                                   .neighbours = 2 + static_cast<int>(random() % 6),
                                   .most_trees = std::vector<std::int64_t>{1, 3, 200}[round % 3],
                                   .all_alike = round % 4 != 0,
                                   .spare_edges = static_cast<int>(random() % 12)});
}

TEST_CASE("random graphs: shortest paths that fit after moves are forests") {
  std::mt19937_64 random(81);
  int fitted = 0;
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const SwitchFreeGraph graph = random_graph(random, round);
    CAPTURE(round);
    const PackGraph narrow = pack_graph(graph).value();
    const auto low = pack_shortest_paths(narrow);
    if (!low || low->overfull.empty()) continue;
    ReparentedTrees trees(narrow, low->trees);
    const bool fits = trees.fit(low->overfull);
    (fits ? fitted : refused) += 1;
    const auto found = violations(forest_of(narrow, std::move(trees).take()), graph);
    CHECK(found.empty() == fits);
    for (const Violation& violation : found) CHECK(violation.rule == "capacity");
  }
  CHECK(fitted > 300);
  CHECK(refused > 0);
}

TEST_CASE("random graphs: lowered trees stay forests, are no taller and no more than allowed") {
  std::mt19937_64 random(82);
  int lowered = 0;
  for (int round = 0; round < 2000; ++round) {
    const SwitchFreeGraph graph = random_graph(random, round);
    CAPTURE(round);
    const PackGraph narrow = pack_graph(graph).value();
    ReparentedTrees trees(narrow, pack_batches(narrow));
    const int before = trees.height();
    const std::size_t most = trees.size() + static_cast<std::size_t>(round % 20);
    trees.lower(1 + round % 3, static_cast<std::size_t>(round % 20), 100'000);
    CHECK(trees.height() <= before);
    CHECK(trees.size() <= most);
    lowered += trees.height() < before ? 1 : 0;
    const int height = trees.height();
    const Forest forest = forest_of(narrow, std::move(trees).take());
    CHECK(violations(forest, graph).empty());
    CHECK(testing::height_of(forest, graph) == height);
  }
  CHECK(lowered > 100);
}

}  // namespace
}  // namespace pleach
