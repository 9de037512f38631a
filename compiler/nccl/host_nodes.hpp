// Which nodes of a machine stand in one of its hosts.
#pragma once

#include <vector>

#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::nccl {

// By node. The host's GPUs; NICs, CPUs and switches of its boxes (the ids' parts before the last
// '/'), with its name as label "host", or, where the machine is one host, all of them; NICs and
// CPUs that are joined to its GPUs; switches that are joined to nothing else. Of other switches
// only those that are joined to a GPU or a CPU: the rest belongs to the network.
// Cost: linear in nodes and links.
[[nodiscard]] std::vector<bool> nodes_of_host(const Topology& topology, const Host& host);

}  // namespace pleach::nccl
