// Which nodes of a machine stand in which of its hosts.
#pragma once

#include <vector>

#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::nccl {

// For each of the hosts its nodes, in file order: its GPUs; NICs, CPUs and switches of its boxes
// (the ids' parts before the last '/'), with its name as label "host", or, where it is the only
// host of the machine, all of them; NICs and CPUs that are joined to its GPUs; switches that are
// joined to nothing else. Of other switches only those that are joined to a GPU or a CPU: the rest
// belongs to the network. Needs: some of hosts_of(topology). Cost: linear in nodes and links.
[[nodiscard]] std::vector<std::vector<NodeId>> nodes_of_hosts(const Topology& topology,
                                                              const std::vector<Host>& hosts);

// By node: whether it stands in this host.
[[nodiscard]] std::vector<bool> nodes_of_host(const Topology& topology, const Host& host);

}  // namespace pleach::nccl
