// Reads off a topology what the cost model needs to know.
#pragma once

#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/tune/cost_model.hpp"

namespace pleach::tune {

// The clusters that a table is made for: all GPUs of the first 1, 2, 4, … and of all hosts.
struct Machine {
  Topology effective;                  // its links at the rates that NCCL counts with
  std::vector<Topology> parts = {};    // the GPUs of each cluster with what joins them, likewise
  std::vector<Cluster> clusters = {};  // in the order of `parts`
};

// `sm` is the compute capability of all GPUs, times 10; 0: by the label "sm" or by their links. A
// label "vendor" of "AuthenticAMD" on a cpu makes the hosts AMD's.
// Errors: those of nccl::find_hosts; GPUs of no known NVIDIA generation; hosts with different
// numbers of GPUs; GPUs of a host that nothing joins inside it; hosts without a NIC; one GPU in
// all. Cost: find_rings for each kind of host, and O(hosts) routes between hosts for each cluster.
[[nodiscard]] Result<Machine> describe_machine(const Topology& topology, int sm = 0);

}  // namespace pleach::tune
