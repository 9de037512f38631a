// How fast a host is inside, and out.
#pragma once

#include <vector>

#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/tune/channels.hpp"

namespace pleach::tune {

// What belongs to a host: what stands inside (nccl::nodes_of_hosts; of a machine that is one host,
// all), and the links by where they lead.
struct HostParts {
  std::vector<NodeId> nodes;  // in file order, as the links
  std::vector<LinkId> within;
  std::vector<LinkId> leaving;
};
// For each host. Cost: linear in the machine.
[[nodiscard]] std::vector<HostParts> parts_of_hosts(const Topology& topology,
                                                    const std::vector<nccl::Host>& hosts);

// The inside of a host by itself. It may fall apart.
[[nodiscard]] Topology inside_of(const Topology& topology,
                                 const nccl::Host& host,
                                 const HostParts& parts);

// GB/s that rings through all of a host's GPUs carry together, all-gather's count: each GPU takes
// in so much. Gives 0 with one GPU, and where GPUs do not reach each other.
// Cost: find_rings (compiler/baselines).
[[nodiscard]] double ring_rate(const Topology& inside);

// GB/s of each way out of a host.
[[nodiscard]] std::vector<double> nic_rates(const Topology& topology, const HostParts& parts);

}  // namespace pleach::tune
