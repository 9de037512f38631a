#include "compiler/passes/feasibility.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

// The worst of weight inside - capacity leaving, over every node set that misses a sink.
Integer worst_by_enumeration(const DemandGraph& graph) {
  Integer worst = 0;
  for (int set = 0; set < 1 << graph.network.num_nodes; ++set) {
    std::vector<bool> inside(graph.network.num_nodes);
    for (int node = 0; node < graph.network.num_nodes; ++node) inside[node] = set >> node & 1;
    if (std::all_of(graph.sinks.begin(), graph.sinks.end(), [&](int s) { return inside[s]; })) {
      continue;
    }
    worst = std::max(worst, weight_of(graph, inside) - capacity_leaving(graph, inside));
  }
  return worst;
}

TEST_CASE("feasible, violated cut and shortfall equal brute force while capacities change") {
  std::mt19937_64 random(14);
  int infeasible = 0;
  for (int round = 0; round < 400; ++round) {
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + static_cast<int>(random() % 4), .switches = round % 3});
    const Collective collective = round % 2 == 0 ? Collective::AllGather : Collective::Broadcast;
    DemandGraph graph = demand_graph(topology, collective, 0);
    for (Integer& weight : graph.weight) weight *= 1 + static_cast<std::int64_t>(random() % 9);
    graph.total_weight = 0;
    for (const Integer& weight : graph.weight) graph.total_weight += weight;
    FeasibilityChecker checker(graph);
    for (int step = 0; step < 4; ++step) {
      CAPTURE(round);
      CAPTURE(step);
      const Integer worst = worst_by_enumeration(graph);
      CHECK(checker.feasible() == (worst == Integer(0)));
      CHECK(checker.shortfall() == worst);
      const auto cut = checker.violated_cut();
      CHECK(cut.empty() == (worst == Integer(0)));
      if (!cut.empty()) CHECK(weight_of(graph, cut) > capacity_leaving(graph, cut));
      infeasible += worst > Integer(0) ? 1 : 0;
      const auto arc = static_cast<int>(random() % graph.network.arcs.size());
      graph.network.arcs[arc].capacity = static_cast<std::int64_t>(random() % 40);
      checker.set_capacity(arc, graph.network.arcs[arc].capacity);
    }
  }
  CHECK(infeasible > 50);
}

}  // namespace
}  // namespace pleach
