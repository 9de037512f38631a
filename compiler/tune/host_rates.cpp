#include "compiler/tune/host_rates.hpp"

#include <algorithm>
#include <set>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/core/check.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/topology/boxes.hpp"
#include "compiler/topology/connectivity.hpp"

namespace pleach::tune {
namespace {

// Which nodes stand inside the host.
std::vector<bool> nodes_inside(const Topology& topology, const nccl::Host& host) {
  std::vector<bool> inside(topology.num_nodes());
  const Boxes boxes = boxes_of(topology);
  std::set<int> own_boxes;
  for (const int rank : host.ranks) {
    const NodeId gpu = topology.ranks[static_cast<std::size_t>(rank)];
    inside[index(gpu)] = true;
    if (const auto box = boxes.box_of[index(gpu)]) own_boxes.insert(*box);
  }
  const bool alone = host.ranks.size() == topology.num_ranks();
  std::vector<bool> joins_others(topology.num_nodes());
  std::vector<bool> joins_own(topology.num_nodes());
  const auto meet = [&](NodeId node, NodeId neighbour) {
    if (topology.node(neighbour).type != NodeType::Gpu) return;
    (inside[index(neighbour)] ? joins_own : joins_others)[index(node)] = true;
  };
  for (const Link& link : topology.links) {
    meet(link.from, link.to);
    meet(link.to, link.from);
  }
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (topology.nodes[i].type == NodeType::Gpu) continue;
    const auto box = boxes.box_of[i];
    inside[i] = box && !own_boxes.empty() ? own_boxes.contains(*box)
                : alone                   ? true
                                          : joins_own[i] && !joins_others[i];
  }
  return inside;
}

}  // namespace

Topology inside_of(const Topology& topology, const nccl::Host& host) {
  const std::vector<bool> inside = nodes_inside(topology, host);
  Topology result{.name = topology.name, .nodes = {}, .links = {}, .ranks = {}};
  std::vector<NodeId> place(topology.num_nodes());
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (!inside[i]) continue;
    place[i] = static_cast<NodeId>(result.nodes.size());
    result.nodes.push_back(topology.nodes[i]);
  }
  for (Link link : topology.links) {
    if (!inside[index(link.from)] || !inside[index(link.to)]) continue;
    link.from = place[index(link.from)];
    link.to = place[index(link.to)];
    result.links.push_back(std::move(link));
  }
  for (const int rank : host.ranks) {
    result.ranks.push_back(place[index(topology.ranks[static_cast<std::size_t>(rank)])]);
  }
  return result;
}

double ring_rate(const Topology& inside) {
  if (inside.num_ranks() < 2 || !find_connectivity(inside).connected()) return 0;
  const Bound bound = compute_bound(inside, Collective::AllGather);
  baselines::BaselineMaker maker(inside, bound);
  const Rational algbw = std::max(maker.make("ring").algbw, maker.make("multi-ring").algbw);
  const auto ranks = static_cast<std::int64_t>(inside.num_ranks());
  return (algbw * Rational(ranks - 1, ranks)).to_double();
}

std::vector<double> nic_rates(const Topology& topology, const nccl::Host& host) {
  const std::vector<bool> inside = nodes_inside(topology, host);
  std::vector<double> rates;
  for (const Link& link : topology.links) {
    if (inside[index(link.from)] && !inside[index(link.to)]) {
      rates.push_back(link.bandwidth.gigabytes_per_second.to_double());
    }
  }
  return rates;
}

}  // namespace pleach::tune
