#include "compiler/passes/tighten_cut.hpp"

#include <numeric>

#include "compiler/core/integer.hpp"

namespace pleach {
namespace {

// The arcs that touch each node, in one array: those of a node are first[node] … first[node + 1].
struct ArcsAt {
  std::vector<int> first;
  std::vector<const FlowArc*> arcs;

  explicit ArcsAt(const FlowNetwork& network)
      : first(network.num_nodes + 1), arcs(2 * network.arcs.size()) {
    for (const FlowArc& arc : network.arcs) {
      ++first[arc.tail];
      ++first[arc.head];
    }
    std::partial_sum(first.begin(), first.end(), first.begin());  // where each node's end
    for (const FlowArc& arc : network.arcs) {
      arcs[--first[arc.tail]] = &arc;
      arcs[--first[arc.head]] = &arc;
    }
  }
};

// By how much the capacity leaving the set grows when `node` comes in.
Integer gain_of_entering(const ArcsAt& at, const std::vector<bool>& set, int node) {
  Integer gain = 0;
  for (int i = at.first[node]; i < at.first[node + 1]; ++i) {
    const FlowArc& arc = *at.arcs[i];
    if (arc.tail == node && !set[arc.head]) gain += arc.capacity;
    if (arc.head == node && set[arc.tail]) gain -= arc.capacity;
  }
  return gain;
}

}  // namespace

std::vector<bool> tightened(const DemandGraph& graph, std::vector<bool> set) {
  const ArcsAt arcs(graph.network);
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
