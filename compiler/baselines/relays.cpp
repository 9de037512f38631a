#include "compiler/baselines/relays.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace pleach::baselines {
namespace {

NodeId relay_of(const Topology& topology, int rank) {
  return static_cast<NodeId>(topology.num_nodes() + static_cast<std::size_t>(rank));
}

void add_relays(const Topology& topology,
                const std::vector<std::optional<int>>& rank_of,
                std::vector<NodeId>& nodes) {
  const std::size_t count = nodes.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto rank = rank_of[index(nodes[i])]) nodes.push_back(relay_of(topology, *rank));
  }
  std::sort(nodes.begin(), nodes.end());
}

}  // namespace

Topology with_relays(const Topology& topology) {
  const auto rank_of = rank_of_node(topology);
  Topology relayed = topology;
  std::set<std::string> ids;
  for (const Node& node : topology.nodes) ids.insert(node.id);
  for (const NodeId gpu : topology.ranks) {
    std::string id = topology.node(gpu).id + "/relay";
    while (!ids.insert(id).second) id += '+';
    relayed.nodes.push_back({.id = id, .type = NodeType::Switch});
  }
  std::vector<Rational> in(topology.num_ranks());
  std::vector<Rational> out(topology.num_ranks());
  for (Link& link : relayed.links) {
    if (const auto rank = rank_of[index(link.from)]) {
      out[static_cast<std::size_t>(*rank)] += link.bandwidth.gigabytes_per_second;
      link.from = relay_of(topology, *rank);
    }
    if (const auto rank = rank_of[index(link.to)]) {
      in[static_cast<std::size_t>(*rank)] += link.bandwidth.gigabytes_per_second;
      link.to = relay_of(topology, *rank);
    }
  }
  for (std::size_t rank = 0; rank < topology.num_ranks(); ++rank) {
    const NodeId gpu = topology.ranks[rank];
    const NodeId relay = relay_of(topology, static_cast<int>(rank));
    relayed.links.push_back({.from = gpu, .to = relay, .bandwidth = {out[rank]}, .latency = {}});
    relayed.links.push_back({.from = relay, .to = gpu, .bandwidth = {in[rank]}, .latency = {}});
  }
  return relayed;
}

std::vector<Route> relayed_routes(const Topology& topology, const std::vector<Route>& routes) {
  const auto rank_of = rank_of_node(topology);
  std::vector<Route> relayed;
  relayed.reserve(routes.size());
  for (const Route& route : routes) {
    Route& longer = relayed.emplace_back();
    longer.reserve(route.size() + 2);
    longer.push_back(route.front());
    for (const NodeId node : route) {
      const auto rank = rank_of[index(node)];
      longer.push_back(rank ? relay_of(topology, *rank) : node);
    }
    longer.push_back(route.back());
  }
  return relayed;
}

ScheduleBound relayed_bound(const Topology& topology, const ScheduleBound& bound) {
  const auto rank_of = rank_of_node(topology);
  ScheduleBound relayed = bound;
  add_relays(topology, rank_of, relayed.cut);
  for (auto& part : relayed.parts) add_relays(topology, rank_of, part);
  if (relayed.achievable) {
    for (WeightedCut& cut : relayed.achievable->cuts) add_relays(topology, rank_of, cut.nodes);
  }
  return relayed;
}

}  // namespace pleach::baselines
