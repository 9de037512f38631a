// The parts of a machine that a person points at: a GPU, a box, the GPUs below a leaf switch.
#pragma once

#include <string>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

enum class PlaceKind {
  Box,          // what an id's text before a '/' joins: "box3", "rack7", "rack7/tray2"
  SwitchGroup,  // the GPUs that a switch reaches downwards
  Gpu,          // one
  Cluster,      // GPUs that faster links join with each other than with the rest
  Other,        // none of these; only a cut names it
};

struct Place {
  PlaceKind kind = PlaceKind::Other;
  int level = 0;  // Box: how many '/' its name has. SwitchGroup: hops from its GPUs to the switch
  std::string name;  // Box: its own. SwitchGroup: its switches, "leaf0". Else the GPUs: "gpu0-3"
  std::vector<NodeId> gpus;      // in file order, as the others
  std::vector<NodeId> nodes;     // Box: all it holds. Else the GPUs
  std::vector<NodeId> switches;  // SwitchGroup: all that have just these GPUs below. Else empty
  bool operator==(const Place&) const = default;
};

// Every GPU by itself, then boxes, switch groups and clusters of two GPUs or more and not all; each
// set of GPUs once, under the first of these kinds.
//
// A forwarder's level is the number of hops from the nearest GPU; it reaches downwards the GPUs
// to which a path of falling levels leads. Clusters: for each bandwidth b, what links of at least b
// in one of their directions hold together.
// Cost: forwarders * links / 64, and links for each bandwidth that occurs.
[[nodiscard]] std::vector<Place> places_of(const Topology& topology);

}  // namespace pleach
