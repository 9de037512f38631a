#include "compiler/passes/trim_capacities.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace pleach {

DemandGraph trim_capacities(DemandGraph graph) {
  std::vector<FlowArc>& arcs = graph.network.arcs;
  std::vector<bool> forwards(graph.network.num_nodes, true);
  for (const int node : graph.compute) forwards[node] = false;
  std::map<std::pair<int, int>, int> arc_between;
  std::vector<Integer> entering(graph.network.num_nodes);
  std::vector<Integer> leaving(graph.network.num_nodes);
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    arc_between[{arcs[i].tail, arcs[i].head}] = static_cast<int>(i);
    entering[arcs[i].head] += arcs[i].capacity;
    leaving[arcs[i].tail] += arcs[i].capacity;
  }
  const auto capacity_between = [&](int tail, int head) {
    const auto arc = arc_between.find({tail, head});
    return arc == arc_between.end() ? Integer(0) : arcs[arc->second].capacity;
  };
  bool changed = true;
  for (int round = 0; changed && round < graph.network.num_nodes; ++round) {
    changed = false;
    for (FlowArc& arc : arcs) {
      Integer useful = arc.capacity;
      const Integer back = capacity_between(arc.head, arc.tail);
      if (forwards[arc.head]) useful = std::min(useful, leaving[arc.head] - back);
      if (forwards[arc.tail]) useful = std::min(useful, entering[arc.tail] - back);
      if (useful == arc.capacity) continue;
      entering[arc.head] -= arc.capacity - useful;
      leaving[arc.tail] -= arc.capacity - useful;
      arc.capacity = useful;
      changed = true;
    }
  }
  return graph;
}

}  // namespace pleach
