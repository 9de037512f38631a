#include "compiler/passes/pack_shortest_paths.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <sched.h>

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

TEST_CASE("the same trees on one processor and on all") {
  std::mt19937_64 random(72);
  const SwitchFreeGraph graph =
      testing::random_packable(random, {.ranks = 300, .neighbours = 5, .most_trees = 9});
  const PackGraph narrow = pack_graph(graph).value();
  const auto on_all = pack_shortest_paths(narrow);
  cpu_set_t all;
  REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const auto on_one = pack_shortest_paths(narrow);
  REQUIRE(sched_setaffinity(0, sizeof all, &all) == 0);
  REQUIRE(on_all.has_value());
  REQUIRE(on_one.has_value());
  CHECK(on_all->overfull == on_one->overfull);
  CHECK(forest_of(narrow, on_all->trees) == forest_of(narrow, on_one->trees));
}

TEST_CASE("a caller is told how far it is, and may stop it") {
  std::mt19937_64 random(73);
  const SwitchFreeGraph graph =
      testing::random_packable(random, {.ranks = 200, .neighbours = 4, .most_trees = 2});
  const PackGraph narrow = pack_graph(graph).value();
  std::int64_t calls = 0;
  const auto all = pack_shortest_paths(narrow, [&](const Stage& stage) {
    CHECK(stage.name == "packing shortest paths, rank");
    CHECK(stage.done == calls++);
    CHECK(stage.done < stage.total);
  });
  CHECK(all.has_value());
  CHECK(calls > 0);
  struct Stop {};
  CHECK_THROWS_AS((void)pack_shortest_paths(narrow, [](const Stage&) { throw Stop{}; }), Stop);
}

}  // namespace
}  // namespace pleach
