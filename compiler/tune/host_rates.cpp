#include "compiler/tune/host_rates.hpp"

#include <algorithm>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/nccl/host_nodes.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/topology/connectivity.hpp"

namespace pleach::tune {
Topology inside_of(const Topology& topology, const nccl::Host& host) {
  if (host.ranks.size() == topology.num_ranks()) return topology;
  const std::vector<bool> inside = nccl::nodes_of_host(topology, host);
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
  const std::vector<bool> inside = nccl::nodes_of_host(topology, host);
  std::vector<double> rates;
  for (const Link& link : topology.links) {
    if (inside[index(link.from)] && !inside[index(link.to)]) {
      rates.push_back(link.bandwidth.gigabytes_per_second.to_double());
    }
  }
  return rates;
}

}  // namespace pleach::tune
