#include "compiler/passes/split_graph.hpp"

#include <utility>

#include "compiler/passes/feasibility.hpp"
#include "compiler/passes/nearest_gateways.hpp"
#include "compiler/passes/remove_switches.hpp"

namespace pleach {

std::string_view name_of(SplitWay way) {
  switch (way) {
    case SplitWay::NearestGateways: return "nearest gateways";
    case SplitWay::EdgeSplitting: return "edge splitting";
  }
  return "";
}

SplitGraph split_graph(const DemandGraph& graph, const Progress& progress) {
  if (auto regular = nearest_gateways(graph, progress)) {
    return {std::move(*regular), SplitWay::NearestGateways};
  }
  return {remove_switches(graph, progress), SplitWay::EdgeSplitting};
}

bool cuts_hold(const SwitchFreeGraph& graph) {
  DemandGraph demand;
  demand.unit = 1;
  demand.network.num_nodes = static_cast<int>(graph.trees.size());
  for (const LogicalEdge& edge : graph.edges) {
    demand.network.arcs.push_back({edge.tail, edge.head, edge.capacity});
  }
  demand.weight = graph.trees;
  for (int rank = 0; rank < demand.network.num_nodes; ++rank) {
    demand.compute.push_back(rank);
    demand.sinks.push_back(rank);
    demand.total_weight += graph.trees[rank];
  }
  return FeasibilityChecker(demand).feasible();
}

}  // namespace pleach
