// What each node is in a picture of bars. Internal to layout_bars.cpp.
#pragma once

#include <vector>

#include "compiler/view/clusters.hpp"

namespace pleach::view {

// From far to near, seen from the fabric:
enum class Zone {
  FabricBelow,  // switches on the far side of the boxes, away from the other fabric
  BoxFar,       // in a box and linked to nothing outside: NVSwitches
  Gpu,
  BoxNear,  // in a box, between its GPUs and the fabric: NICs, PCIe switches, CPUs
  Fabric,
};

struct Role {
  Zone zone = Zone::Gpu;
  int level = 0;  // hops from the nearest GPU (in a box) or box node (in a fabric); 0 for GPUs
  bool operator==(const Role&) const = default;
};

// By node. A forwarder of a box goes to the far side when the forwarders it is linked with in its
// box have no link out of it and no two GPUs of the box are linked directly (those links take that
// side). A fabric of several goes below when it is linked to GPUs only, past the NICs of their
// boxes. Cost: linear in nodes and pairs.
[[nodiscard]] std::vector<Role> roles_of(const Topology& topology,
                                         const std::vector<LinkPair>& pairs,
                                         const Incidence& incidence,
                                         const Clusters& clusters);

}  // namespace pleach::view
