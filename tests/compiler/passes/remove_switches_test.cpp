#include "compiler/passes/remove_switches.hpp"

#include <map>
#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/tightest_cut.hpp"
#include "compiler/verify/check_forest.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

TreeGraph optimum_of(const Topology& topology, Collective collective, int root) {
  const DemandGraph graph = demand_graph(topology, collective, root);
  return scale_to_optimum(find_optimum(graph));
}

// Every piece runs over existing links, and no link carries more than its capacity.
void check_links(const SwitchFreeGraph& free, const DemandGraph& graph) {
  std::map<std::pair<int, int>, Integer> left;
  for (const FlowArc& arc : graph.network.arcs) left[{arc.tail, arc.head}] = arc.capacity;
  for (const LogicalEdge& edge : free.edges) {
    for (const RoutePiece& piece : edge.pieces) {
      for (std::size_t hop = 0; hop + 1 < piece.route.size(); ++hop) {
        left[{static_cast<int>(piece.route[hop]), static_cast<int>(piece.route[hop + 1])}] -=
            piece.amount;
      }
    }
  }
  for (const auto& [ends, amount] : left) CHECK(amount >= Integer(0));
}

TEST_CASE("one switch becomes the complete graph") {
  Topology topology;
  topology.name = "star";
  for (int i = 0; i < 6; ++i) {
    topology.nodes.push_back({"g" + std::to_string(i), NodeType::Gpu});
    topology.ranks.push_back(NodeId{i});
    topology.links.push_back({NodeId{i}, NodeId{6}, {450}, {}});
    topology.links.push_back({NodeId{6}, NodeId{i}, {450}, {}});
  }
  topology.nodes.push_back({"s", NodeType::Switch});
  const TreeGraph trees = optimum_of(topology, Collective::AllGather, 0);
  CHECK(trees.trees_per_root == Integer(1));
  const SwitchFreeGraph free = remove_switches(trees.graph);
  CHECK(free.edges.size() == 30);
  for (const LogicalEdge& edge : free.edges) {
    CHECK(edge.capacity == Integer(1));
    CHECK(edge.pieces.size() == 1);
  }
}

TEST_CASE("unbalanced switches are named") {
  std::mt19937_64 random(6);
  Topology topology = testing::random_balanced(random, {.ranks = 3, .switches = 2});
  CHECK(unbalanced_switches(demand_graph(topology, Collective::AllGather, 0)).empty());
  topology.links.push_back({NodeId{4}, NodeId{0}, {1}, {}});
  CHECK(unbalanced_switches(demand_graph(topology, Collective::AllGather, 0)) ==
        std::vector<int>{4});
}

TEST_CASE("random balanced machines keep every cut and use no link beyond its capacity") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 1500; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 6),
                                       .switches = 1 + static_cast<int>(random() % 4),
                                       .cycles = 2 + static_cast<int>(random() % 9),
                                       .extra_links = static_cast<int>(random() % 5),
                                       .rate_bits = std::vector{1, 3, 10, 40}[round % 4]};
    const Topology topology = testing::random_balanced(random, shape);
    const int root = static_cast<int>(random() % topology.num_ranks());
    const Collective collective = std::vector{Collective::AllGather, Collective::ReduceScatter,
                                              Collective::Broadcast, Collective::Reduce}[round % 4];
    CAPTURE(round);
    const TreeGraph trees = optimum_of(topology, collective, root);
    const SwitchFreeGraph free = remove_switches(trees.graph);
    CHECK(testing::every_cut_holds(free));
    CHECK(violations(free, topology.ranks).empty());
    check_links(free, trees.graph);
  }
}

}  // namespace
}  // namespace pleach
