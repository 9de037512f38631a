#include "compiler/passes/pack_trees.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/pack_batches.hpp"
#include "compiler/passes/pack_graph.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/tightest_cut.hpp"
#include "compiler/verify/check_forest.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

SwitchFreeGraph graph_of(int ranks,
                         const Integer& trees,
                         const std::vector<std::tuple<int, int, int>>& edges) {
  SwitchFreeGraph graph;
  graph.trees.assign(ranks, trees);
  for (const auto& [tail, head, capacity] : edges) {
    graph.edges.push_back({tail, head, capacity, {{{NodeId{tail}, NodeId{head}}, capacity}}});
  }
  return graph;
}

int height_of(const OutTree& tree, const SwitchFreeGraph& graph) {
  std::vector<int> depth(graph.trees.size());
  for (const int edge : tree.edges) {
    depth[graph.edges[edge].head] = depth[graph.edges[edge].tail] + 1;
  }
  return *std::max_element(depth.begin(), depth.end());
}

// The lowest trees, where they fit.
std::optional<Forest> shortest_paths(const SwitchFreeGraph& graph) {
  const PackGraph narrow = pack_graph(graph).value();
  const auto lowest = pack_shortest_paths(narrow);
  if (!lowest || !lowest->overfull.empty()) return std::nullopt;
  return forest_of(narrow, lowest->trees);
}

TEST_CASE("two opposite ways round a ring of three") {
  //  0 -> 1 -> 2 -> 0 and back: two trees for each root fill all edges of capacity 2
  const SwitchFreeGraph graph =
      graph_of(3, 2, {{0, 1, 2}, {0, 2, 2}, {1, 0, 2}, {1, 2, 2}, {2, 0, 2}, {2, 1, 2}});
  for (const Forest& forest : {pack_trees(graph), *shortest_paths(graph)}) {
    CHECK(violations(forest, graph).empty());
    for (const OutTree& tree : forest) CHECK(height_of(tree, graph) == 1);
  }
}

TEST_CASE("a root's trees may begin with different edges") {
  // 0 reaches 2 directly by one edge of capacity 1 but needs two trees there.
  const SwitchFreeGraph graph =
      graph_of(3, 2, {{0, 1, 4}, {0, 2, 1}, {1, 0, 4}, {1, 2, 3}, {2, 0, 4}, {2, 1, 4}});
  const auto lowest = shortest_paths(graph);
  REQUIRE(lowest.has_value());
  CHECK(violations(*lowest, graph).empty());
  CHECK(violations(pack_trees(graph), graph).empty());
}

TEST_CASE("each rule of a forest is noticed when it is broken") {
  const SwitchFreeGraph graph =
      graph_of(3, 2, {{0, 1, 2}, {0, 2, 2}, {1, 0, 2}, {1, 2, 2}, {2, 0, 2}, {2, 1, 2}});
  const Forest good = pack_trees(graph);
  REQUIRE(violations(good, graph).empty());
  const auto rule_of = [&](auto change) {
    Forest forest = good;
    change(forest);
    const auto found = violations(forest, graph);
    REQUIRE_FALSE(found.empty());
    return found.front().rule;
  };
  CHECK(rule_of([](Forest& forest) { forest[0].edges.pop_back(); }) == "span");
  CHECK(rule_of([](Forest& forest) { forest[0].edges[1] = forest[0].edges[0]; }) == "span");
  CHECK(rule_of([](Forest& forest) { forest.pop_back(); }) == "count");
  SwitchFreeGraph thin = graph;
  thin.edges[0].capacity = 1;
  CHECK(violations(good, thin).front().rule == "capacity");
  CHECK(violations(thin, {NodeId{0}, NodeId{1}, NodeId{2}}).front().rule == "pieces");
  std::swap(thin.edges[1], thin.edges[2]);
  CHECK(violations(thin, {NodeId{0}, NodeId{1}, NodeId{2}}).size() == 2);
}

TEST_CASE("random machines: both packings are forests, the exact one always, in few trees") {
  std::mt19937_64 random(8);
  int shortest = 0;
  for (int round = 0; round < 1500; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 9),
                                       .switches = static_cast<int>(random() % 3),
                                       .cycles = 2 + static_cast<int>(random() % 9),
                                       .extra_links = static_cast<int>(random() % 9),
                                       .rate_bits = std::vector{1, 3, 10, 40}[round % 4]};
    const Topology topology = testing::random_balanced(random, shape);
    const Collective collective = round % 3 == 0 ? Collective::Broadcast : Collective::AllGather;
    const DemandGraph demand = demand_graph(topology, collective, 0);
    const SwitchFreeGraph graph = remove_switches(scale_to_optimum(find_optimum(demand)).graph);
    CAPTURE(round);
    const Forest exact = pack_trees(graph);
    CHECK(violations(exact, graph).empty());
    const PackGraph narrow = pack_graph(graph).value();
    CHECK(violations(forest_of(narrow, pack_batches(narrow)), graph).empty());
    CHECK(exact.size() <= graph.edges.size() + graph.trees.size());
    if (const auto lowest = shortest_paths(graph)) {
      ++shortest;
      CHECK(violations(*lowest, graph).empty());
      int tallest = 0;
      for (const OutTree& tree : exact) tallest = std::max(tallest, height_of(tree, graph));
      for (const OutTree& tree : *lowest) CHECK(height_of(tree, graph) <= tallest);
    }
  }
  CHECK(shortest > 100);
}

}  // namespace
}  // namespace pleach
