#include "compiler/passes/demand_graph.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// The bandwidths in a common unit, which is set. Most links are like the one before.
std::vector<Integer> in_units(const std::vector<Link>& links, Rational& unit) {
  std::vector<std::size_t> changes;  // links that differ from the one before
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (i == 0 || links[i].bandwidth != links[i - 1].bandwidth) changes.push_back(i);
  }
  unit = 0;
  for (const std::size_t i : changes) unit = gcd(unit, links[i].bandwidth.gigabytes_per_second);
  std::vector<Integer> units;
  units.reserve(links.size());
  changes.push_back(links.size());
  for (std::size_t c = 0; c + 1 < changes.size(); ++c) {
    const Rational& bandwidth = links[changes[c]].bandwidth.gigabytes_per_second;
    units.resize(changes[c + 1], (bandwidth / unit).num());
  }
  return units;
}

}  // namespace

DemandGraph demand_graph(const Topology& topology, Collective collective, int root) {
  ENSURE(collective != Collective::AllReduce, "allreduce has no demand graph of its own");
  ENSURE(root >= 0 && root < static_cast<int>(topology.num_ranks()), "the root is a rank");
  const bool mirrored = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  DemandGraph graph;
  std::vector<Integer> capacity = in_units(topology.links, graph.unit);
  graph.network.num_nodes = static_cast<int>(topology.num_nodes());
  graph.network.arcs.reserve(topology.links.size());
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const NodeId tail = mirrored ? link.to : link.from;
    const NodeId head = mirrored ? link.from : link.to;
    graph.network.arcs.push_back(
        {static_cast<int>(tail), static_cast<int>(head), std::move(capacity[i])});
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

DemandGraph with_capacities(const DemandGraph& graph, const std::vector<Rational>& capacity) {
  DemandGraph result = graph;
  Rational unit = 0;
  for (const Rational& value : capacity) unit = gcd(unit, value);
  for (std::size_t arc = 0; arc < capacity.size(); ++arc) {
    result.network.arcs[arc].capacity = (capacity[arc] / unit).num();
  }
  result.unit = graph.unit * unit;
  return result;
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

std::optional<std::vector<int>> reverse_arcs(const DemandGraph& graph) {
  const std::vector<FlowArc>& arcs = graph.network.arcs;
  std::vector<int> forward(arcs.size());
  std::iota(forward.begin(), forward.end(), 0);
  std::vector<int> backward = forward;
  std::sort(forward.begin(), forward.end(), [&](int a, int b) {
    return std::tie(arcs[a].tail, arcs[a].head, arcs[a].capacity, a) <
           std::tie(arcs[b].tail, arcs[b].head, arcs[b].capacity, b);
  });
  std::sort(backward.begin(), backward.end(), [&](int a, int b) {
    return std::tie(arcs[a].head, arcs[a].tail, arcs[a].capacity, a) <
           std::tie(arcs[b].head, arcs[b].tail, arcs[b].capacity, b);
  });
  std::vector<int> reverse(arcs.size());
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    const FlowArc& there = arcs[forward[i]];
    const FlowArc& back = arcs[backward[i]];
    if (there.tail != back.head || there.head != back.tail || there.capacity != back.capacity) {
      return std::nullopt;
    }
    reverse[forward[i]] = backward[i];
  }
  return reverse;
}

}  // namespace pleach
