#include "compiler/passes/pack_shortest_paths.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/verify/check_forest.hpp"
#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

TEST_CASE("random graphs: whatever is wrong is an overfull edge into a rank that is reported") {
  std::mt19937_64 random(71);
  int fitting = 0;
  for (int round = 0; round < 3000; ++round) {
    const SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = 2 + static_cast<int>(random() % 9),
                 .neighbours = 1 + static_cast<int>(random() % 6),
                 .most_trees = std::vector<std::int64_t>{1, 3, 200}[round % 3],
                 .all_alike = round % 4 != 0,
                 .spare_edges = static_cast<int>(random() % 20)});
    CAPTURE(round);
    const PackGraph narrow = pack_graph(graph).value();
    const auto low = pack_shortest_paths(narrow);
    if (!low) continue;  // rounded groups may leave a tree without a first hop
    fitting += low->overfull.empty() ? 1 : 0;
    std::vector<int> wrong;
    for (const Violation& violation : violations(forest_of(narrow, low->trees), graph)) {
      CHECK(violation.rule == "capacity");
      wrong.push_back(graph.edges[std::stoul(violation.where.substr(7))].head);
    }
    std::sort(wrong.begin(), wrong.end());
    wrong.erase(std::unique(wrong.begin(), wrong.end()), wrong.end());
    CHECK(wrong == low->overfull);
  }
  CHECK(fitting > 300);
  CHECK(fitting < 2700);
}

}  // namespace
}  // namespace pleach
