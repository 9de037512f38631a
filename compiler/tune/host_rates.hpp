// How fast a host is inside, and out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/tune/channels.hpp"

namespace pleach::tune {

// What stands inside a host (nccl::nodes_of_host), with the links between; of a machine that is one
// host, all.
[[nodiscard]] Topology inside_of(const Topology& topology, const nccl::Host& host);

// GB/s that rings through all of a host's GPUs carry together, all-gather's count: each GPU takes
// in so much. Gives 0 with one GPU, and where GPUs do not reach each other.
// Cost: find_rings (compiler/baselines).
[[nodiscard]] double ring_rate(const Topology& inside);

// GB/s of each way out of a host: a link that leaves its GPUs and what stands inside with them.
[[nodiscard]] std::vector<double> nic_rates(const Topology& topology, const nccl::Host& host);

}  // namespace pleach::tune
