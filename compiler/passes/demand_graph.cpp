#include "compiler/passes/demand_graph.hpp"

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

Rational common_unit(const Topology& topology) {
  Rational unit = 0;
  const Rational* last = &unit;
  for (const Link& link : topology.links) {
    const Rational& bandwidth = link.bandwidth.gigabytes_per_second;
    if (bandwidth != *last) unit = gcd(unit, bandwidth);  // most links are like the one before
    last = &bandwidth;
  }
  return unit;
}

}  // namespace

DemandGraph demand_graph(const Topology& topology, Collective collective, int root) {
  ENSURE(collective != Collective::AllReduce, "allreduce has no demand graph of its own");
  ENSURE(root >= 0 && root < static_cast<int>(topology.num_ranks()), "the root is a rank");
  const bool mirrored = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  DemandGraph graph;
  graph.unit = common_unit(topology);
  graph.network.num_nodes = static_cast<int>(topology.num_nodes());
  for (const Link& link : topology.links) {
    const Rational units = link.bandwidth.gigabytes_per_second / graph.unit;
    const NodeId tail = mirrored ? link.to : link.from;
    const NodeId head = mirrored ? link.from : link.to;
    graph.network.arcs.push_back({static_cast<int>(tail), static_cast<int>(head), units.num()});
  }
  graph.weight.resize(topology.num_nodes());
  for (std::size_t rank = 0; rank < topology.num_ranks(); ++rank) {
    const int node = static_cast<int>(topology.ranks[rank]);
    graph.compute.push_back(node);
    const bool is_root = static_cast<int>(rank) == root;
    if (!has_root(collective) || is_root) graph.weight[node] = 1;
    if (!has_root(collective) || !is_root) graph.sinks.push_back(node);
  }
  graph.total_weight = has_root(collective) ? 1 : static_cast<std::int64_t>(topology.num_ranks());
  return graph;
}

Integer capacity_leaving(const DemandGraph& graph, const std::vector<bool>& set) {
  Integer sum = 0;
  for (const FlowArc& arc : graph.network.arcs) {
    if (set[arc.tail] && !set[arc.head]) sum += arc.capacity;
  }
  return sum;
}

Integer weight_of(const DemandGraph& graph, const std::vector<bool>& set) {
  Integer sum = 0;
  for (std::size_t node = 0; node < set.size(); ++node) {
    if (set[node]) sum += graph.weight[node];
  }
  return sum;
}

}  // namespace pleach
