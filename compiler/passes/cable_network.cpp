#include "compiler/passes/cable_network.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace pleach {
namespace {

constexpr std::int64_t kLimit = std::int64_t{1} << 62;

bool sums_fit(const DemandGraph& graph) {
  Integer sum = graph.total_weight;
  for (const FlowArc& arc : graph.network.arcs) sum += arc.capacity;
  return sum < Integer(kLimit);
}

// The nodes that only forward and have two neighbours.
std::vector<bool> joints(const DemandGraph& graph) {
  std::vector<std::pair<int, int>> neighbours(graph.network.num_nodes, {-1, -1});
  std::vector<bool> more_than_two(graph.network.num_nodes);
  const auto meet = [&](int node, int other) {
    auto& [first, second] = neighbours[node];
    if (first < 0 || first == other) {
      first = other;
    } else if (second < 0 || second == other) {
      second = other;
    } else {
      more_than_two[node] = true;
    }
  };
  for (const FlowArc& arc : graph.network.arcs) {
    if (arc.capacity.sign() == 0) continue;
    meet(arc.tail, arc.head);
    meet(arc.head, arc.tail);
  }
  for (const int node : graph.compute) more_than_two[node] = true;
  std::vector<bool> is_joint(graph.network.num_nodes);
  for (std::size_t node = 0; node < is_joint.size(); ++node) is_joint[node] = !more_than_two[node];
  return is_joint;
}

// Cables of one strand, one for each arc that leaves a node that is no joint.
std::vector<Cable> strands_of(const DemandGraph& graph, const std::vector<bool>& is_joint) {
  const auto& arcs = graph.network.arcs;
  std::vector<std::vector<int>> leaving(graph.network.num_nodes);
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    if (arcs[i].capacity.sign() > 0) leaving[arcs[i].tail].push_back(static_cast<int>(i));
  }
  std::vector<Cable> cables;
  for (const FlowArc& arc : arcs) {
    if (arc.capacity.sign() == 0 || is_joint[arc.tail]) continue;
    Strand strand{{}, arc.capacity.int64()};
    int before = arc.tail;
    int node = arc.head;
    while (is_joint[node] && strand.capacity > 0) {
      std::int64_t onward = 0;
      int next = -1;
      for (const int out : leaving[node]) {
        if (arcs[out].head == before) continue;
        next = arcs[out].head;
        onward += arcs[out].capacity.int64();
      }
      strand.inner.push_back(node);
      strand.capacity = std::min(strand.capacity, onward);
      before = node;
      if (next >= 0) node = next;
    }
    if (strand.capacity == 0 || node == arc.tail) continue;
    cables.push_back({arc.tail, node, strand.capacity, {std::move(strand)}});
  }
  return cables;
}

}  // namespace

std::optional<CableNetwork> cable_network(const DemandGraph& graph) {
  if (!sums_fit(graph)) return std::nullopt;
  CableNetwork network;
  network.num_nodes = graph.network.num_nodes;
  network.compute = graph.compute;
  network.is_compute.resize(network.num_nodes);
  for (const int node : graph.compute) network.is_compute[node] = true;
  std::vector<Cable> single = strands_of(graph, joints(graph));
  std::stable_sort(single.begin(), single.end(), [](const Cable& a, const Cable& b) {
    return std::tie(a.tail, a.head) < std::tie(b.tail, b.head);
  });
  for (Cable& cable : single) {
    if (!network.cables.empty() && network.cables.back().tail == cable.tail &&
        network.cables.back().head == cable.head) {
      network.cables.back().capacity += cable.capacity;
      network.cables.back().strands.push_back(std::move(cable.strands.front()));
    } else {
      network.cables.push_back(std::move(cable));
    }
  }
  network.first_leaving.assign(network.num_nodes + 1, 0);
  network.entering.resize(network.num_nodes);
  for (std::size_t i = 0; i < network.cables.size(); ++i) {
    ++network.first_leaving[network.cables[i].tail + 1];
    network.entering[network.cables[i].head].push_back(static_cast<int>(i));
  }
  for (int node = 0; node < network.num_nodes; ++node) {
    network.first_leaving[node + 1] += network.first_leaving[node];
  }
  return network;
}

}  // namespace pleach
