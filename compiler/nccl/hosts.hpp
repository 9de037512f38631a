// A machine as NCCL sees it: hosts, which it calls nodes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::nccl {

struct Host {
  std::string name;        // the label "host" of its GPUs, the prefix of their ids, or ""
  std::vector<int> ranks;  // in order
  bool operator==(const Host&) const = default;
};

// The hosts in order of their first ranks, which is NCCL's own order. GPUs stand on one host when
// they have the same label "host"; without such labels when the same box is named by their ids
// ("box3/gpu0"); where not every GPU has the one or the other, all on one.
[[nodiscard]] std::vector<Host> hosts_of(const Topology& topology);

// The same, where it is clear what is meant. `file` is the name that diagnostics carry.
// Errors: some GPUs have the label "host" and others do not.
[[nodiscard]] Result<std::vector<Host>> find_hosts(const Topology& topology,
                                                   const std::string& file);

// What to say where some of these ranks' GPUs have a label and others do not; else nothing.
[[nodiscard]] std::optional<Diagnostic> find_half_labelled(const Topology& topology,
                                                           const std::vector<int>& ranks,
                                                           const std::string& label,
                                                           const std::string& file);

// A remark where a host has more GPUs than hosts do (32): most likely it is several of them, such
// as a rack that is one box here. Else nothing.
[[nodiscard]] std::optional<Diagnostic> doubt_host(const Host& host, const std::string& file);

// Nodes, links and ranks of a machine by themselves, in the given orders.
// Needs: the ends of the links and the GPUs of the ranks are among the nodes. Cost: n log n.
[[nodiscard]] Topology part_of(const Topology& topology,
                               const std::vector<NodeId>& nodes,
                               const std::vector<LinkId>& links,
                               const std::vector<int>& ranks);

// The machine with the GPUs of these hosts alone, in the order of their ranks: other GPUs go, and
// so do the forwarders that ids name as parts of boxes without a GPU left. Links go with their
// ends. Needs: the hosts are some of hosts_of(topology). The result may fall apart: a Topology only
// where find_connectivity says that it is connected.
[[nodiscard]] Topology only_hosts(const Topology& topology, const std::vector<Host>& hosts);

}  // namespace pleach::nccl
