#include "compiler/passes/tighten_cut.hpp"

#include "compiler/core/integer.hpp"

namespace pleach {
namespace {

using ArcsAt = std::vector<std::vector<const FlowArc*>>;  // by node: those that touch it

ArcsAt arcs_at_nodes(const DemandGraph& graph) {
  ArcsAt arcs(graph.network.num_nodes);
  for (const FlowArc& arc : graph.network.arcs) {
    arcs[arc.tail].push_back(&arc);
    arcs[arc.head].push_back(&arc);
  }
  return arcs;
}

// By how much the capacity leaving the set grows when `node` comes in.
Integer gain_of_entering(const ArcsAt& arcs, const std::vector<bool>& set, int node) {
  Integer gain = 0;
  for (const FlowArc* arc : arcs[node]) {
    if (arc->tail == node && !set[arc->head]) gain += arc->capacity;
    if (arc->head == node && set[arc->tail]) gain -= arc->capacity;
  }
  return gain;
}

}  // namespace

std::vector<bool> tightened(const DemandGraph& graph, std::vector<bool> set) {
  const ArcsAt arcs = arcs_at_nodes(graph);
  std::vector<bool> is_sink(set.size());
  int missing = 0;  // sinks outside
  for (const int sink : graph.sinks) {
    is_sink[sink] = true;
    missing += set[sink] ? 0 : 1;
  }
  Integer weight = weight_of(graph, set);
  Integer capacity = capacity_leaving(graph, set);
  for (bool moved = true; moved;) {
    moved = false;
    for (int node = 0; node < graph.network.num_nodes; ++node) {
      const bool enters = !set[node];
      if (enters && is_sink[node] && missing == 1) continue;
      const Integer gain = gain_of_entering(arcs, set, node);
      const Integer new_weight = enters ? weight + graph.weight[node] : weight - graph.weight[node];
      const Integer new_capacity = enters ? capacity + gain : capacity - gain;
      if (new_weight * capacity <= weight * new_capacity) continue;
      if (is_sink[node]) missing += enters ? -1 : 1;
      set[node] = enters;
      weight = new_weight;
      capacity = new_capacity;
      moved = true;
    }
  }
  return set;
}

}  // namespace pleach
