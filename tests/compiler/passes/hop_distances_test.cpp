#include "compiler/passes/hop_distances.hpp"

#include <numeric>

#include <doctest/doctest.h>

#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

// Rounds of relaxing every edge; a way begins with one of the group's first hops.
std::vector<int> slow_distances(const PackGraph& graph, const RootGroup& group) {
  std::vector<int> distance(graph.num_ranks, graph.num_ranks);
  distance[group.root] = 0;
  for (const int edge : group.first_hops) distance[graph.head[edge]] = 1;
  for (int round = 0; round < graph.num_ranks; ++round) {
    for (std::size_t edge = 0; edge < graph.tail.size(); ++edge) {
      if (graph.tail[edge] == group.root) continue;
      int& there = distance[graph.head[edge]];
      there = std::min(there, distance[graph.tail[edge]] + 1);
    }
  }
  return distance;
}

TEST_CASE(
    "first hops of a root's groups use no edge beyond its capacity, and every tree has some") {
  std::mt19937_64 random(31);
  for (int round = 0; round < 500; ++round) {
    const SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = 3 + round % 8, .neighbours = 2 + round % 6, .most_trees = 40});
    const PackGraph narrow = pack_graph(graph).value();
    for (const int most : {1000, 4}) {
      std::vector<std::int64_t> rooted(narrow.num_ranks);
      std::vector<std::int64_t> used(narrow.tail.size());
      int without = 0;
      for (const RootGroup& group : root_groups(narrow, most)) {
        CHECK(group.copies > 0);
        rooted[group.root] += group.copies;
        without += group.first_hops.empty() ? 1 : 0;
        for (const int edge : group.first_hops) {
          CHECK(narrow.tail[edge] == group.root);
          used[edge] += group.copies;
        }
      }
      CHECK(rooted == narrow.trees);
      for (std::size_t edge = 0; edge < used.size(); ++edge) {
        CHECK(used[edge] <= narrow.capacity[edge]);
      }
      if (most == 1000) CHECK(without == 0);
    }
  }
}

TEST_CASE("distances as bits are those of a slow search, also beyond 64 groups") {
  std::mt19937_64 random(32);
  for (int round = 0; round < 200; ++round) {
    const int ranks = 2 + static_cast<int>(random() % (round % 20 == 0 ? 150 : 20));
    const SwitchFreeGraph graph = testing::random_packable(
        random, {.ranks = ranks, .neighbours = 1 + round % 4, .most_trees = 3});
    const PackGraph narrow = pack_graph(graph).value();
    const std::vector<RootGroup> groups = root_groups(narrow, 64);
    const auto distances = HopDistances::find(narrow, groups);
    REQUIRE(distances.has_value());
    CAPTURE(round);
    bool same = true;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const std::vector<int> slow = slow_distances(narrow, groups[g]);
      for (std::size_t edge = 0; edge < narrow.tail.size(); ++edge) {
        const int tail = narrow.tail[edge];
        const int head = narrow.head[edge];
        const auto word = distances->one_apart(tail, head, static_cast<int>(g / 64));
        same = same && (word >> (g % 64) & 1) == (slow[tail] + 1 == slow[head] ? 1 : 0);
      }
    }
    CHECK(same);
  }
}

TEST_CASE("a rank that no way leads to is noticed") {
  SwitchFreeGraph graph{{1, 1, 1}, {{0, 1, 1, {}}, {1, 0, 1, {}}, {2, 0, 1, {}}}};
  const PackGraph narrow = pack_graph(graph).value();
  CHECK_FALSE(HopDistances::find(narrow, root_groups(narrow, 64)).has_value());
}

}  // namespace
}  // namespace pleach
