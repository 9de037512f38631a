#include "compiler/tune/host_rates.hpp"

#include <algorithm>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/nccl/host_nodes.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/topology/connectivity.hpp"

namespace pleach::tune {

std::vector<HostParts> parts_of_hosts(const Topology& topology,
                                      const std::vector<nccl::Host>& hosts) {
  std::vector<HostParts> result(hosts.size());
  auto nodes = nccl::nodes_of_hosts(topology, hosts);
  if (hosts.size() == 1) {
    nodes.front().clear();
    for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
      nodes.front().push_back(static_cast<NodeId>(i));
    }
  }
  std::vector<std::vector<std::size_t>> hosts_of(topology.num_nodes());
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    for (const NodeId node : nodes[h]) hosts_of[index(node)].push_back(h);
    result[h].nodes = std::move(nodes[h]);
  }
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const auto& ends = hosts_of[index(topology.links[i].to)];
    for (const std::size_t host : hosts_of[index(topology.links[i].from)]) {
      const bool within = std::ranges::find(ends, host) != ends.end();
      (within ? result[host].within : result[host].leaving).push_back(static_cast<LinkId>(i));
    }
  }
  return result;
}

Topology inside_of(const Topology& topology, const nccl::Host& host, const HostParts& parts) {
  return nccl::part_of(topology, parts.nodes, parts.within, host.ranks);
}

double ring_rate(const Topology& inside) {
  if (inside.num_ranks() < 2 || !find_connectivity(inside).connected()) return 0;
  const Bound bound = compute_bound(inside, Collective::AllGather);
  baselines::BaselineMaker maker(inside, bound);
  const Rational algbw = std::max(maker.make("ring").algbw, maker.make("multi-ring").algbw);
  const auto ranks = static_cast<std::int64_t>(inside.num_ranks());
  return (algbw * Rational(ranks - 1, ranks)).to_double();
}

std::vector<double> nic_rates(const Topology& topology, const HostParts& parts) {
  std::vector<double> rates;
  for (const LinkId link : parts.leaving) {
    rates.push_back(topology.links[index(link)].bandwidth.gigabytes_per_second.to_double());
  }
  return rates;
}

}  // namespace pleach::tune
