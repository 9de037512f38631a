// The plain form of a topology: every node and link of the expanded machine spelled out.
#pragma once

#include <string>

#include "compiler/topology/topology.hpp"

namespace pleach::cli {

// pleach-topology/1 text that reads back as an equal Topology: one node or link a line, links one
// way each, `ranks` only where they are not the GPUs in file order.
[[nodiscard]] std::string plain_topology_text(const Topology& topology);

}  // namespace pleach::cli
