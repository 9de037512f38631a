// Which compute nodes can not reach which.
#pragma once

#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// Compared with the largest group of compute nodes that all reach each other (of equals the one
// that holds the lowest node id). All lists are sorted.
struct Connectivity {
  std::vector<NodeId> group;        // its compute nodes
  std::vector<NodeId> unreachable;  // compute nodes that nothing from the group gets to
  std::vector<NodeId> silent;       // compute nodes that can send nothing to the group

  [[nodiscard]] bool connected() const { return unreachable.empty() && silent.empty(); }
};

// Needs only nodes and links, with ids in range. Cost: linear (Tarjan 1972).
[[nodiscard]] Connectivity find_connectivity(const Topology& topology);

}  // namespace pleach
