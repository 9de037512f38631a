#include "compiler/passes/tight_sets.hpp"

#include <random>

#include <doctest/doctest.h>

#include "tests/support/packable_graph.hpp"

namespace pleach {
namespace {

TEST_CASE("a set is entered once for nothing and again for its slack") {
  //  {2, 3} is entered by 0 -> 2, 0 -> 3 and 1 -> 3, with 2 units more than its trees need
  TightSets sets(4);
  sets.add({false, false, true, true}, 2);
  sets.begin(0, 5);
  CHECK(sets.allowance(0, 2) == 5);
  sets.add_edge(0, 2);
  CHECK(sets.allowance(0, 1) == 5);
  CHECK(sets.allowance(2, 3) == 5);
  CHECK(sets.allowance(0, 3) == 2);
  sets.add_edge(0, 1);
  CHECK(sets.allowance(1, 3) == 2);
  sets.reduce(2);
  CHECK(sets.allowance(1, 3) == 2);
  sets.add_edge(1, 3);
  sets.finish();
  sets.begin(2, 1);  // inside already: the slack is used up
  CHECK(sets.allowance(0, 3) == 0);
  CHECK(sets.allowance(2, 3) == 1);
}

TEST_CASE("slacks that are carried along are those counted anew") {
  std::mt19937_64 random(51);
  for (int round = 0; round < 300; ++round) {
    const int ranks = 3 + static_cast<int>(random() % 6);
    const PackGraph graph = pack_graph(testing::random_packable(random, {.ranks = ranks})).value();
    TightSets carried(ranks);
    TightSets counted(ranks);
    for (int i = 0; i < 80; ++i) {  // more than a word of them
      std::vector<bool> members(ranks);
      for (int rank = 0; rank < ranks; ++rank) members[rank] = random() % 2 == 0;
      carried.add(members, 0);
      counted.add(members, 0);
    }
    std::vector<std::int64_t> capacity(graph.capacity.size(), 1000);
    std::vector<std::int64_t> pending = graph.trees;
    carried.recount(graph, capacity, pending);
    const int root = static_cast<int>(random() % ranks);
    std::vector<bool> reached(ranks);
    reached[root] = true;
    carried.begin(root, pending[root]);
    for (int missing = ranks - 1; missing > 0;) {
      const std::size_t edge = random() % graph.tail.size();
      if (!reached[graph.tail[edge]] || reached[graph.head[edge]]) continue;
      reached[graph.head[edge]] = true;
      capacity[edge] -= pending[root];
      carried.add_edge(graph.tail[edge], graph.head[edge]);
      --missing;
    }
    carried.finish();
    pending[root] = 0;
    counted.recount(graph, capacity, pending);
    const int next = (root + 1) % ranks;
    carried.begin(next, 5000);
    counted.begin(next, 5000);
    for (std::size_t edge = 0; edge < graph.tail.size(); ++edge) {
      CHECK(carried.allowance(graph.tail[edge], graph.head[edge]) ==
            counted.allowance(graph.tail[edge], graph.head[edge]));
    }
  }
}

}  // namespace
}  // namespace pleach
