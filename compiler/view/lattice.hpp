// Recognises meshes, tori and hypercubes among machines without switches.
#pragma once

#include <optional>
#include <vector>

#include "compiler/topology/topology.hpp"
#include "compiler/view/link_pairs.hpp"

namespace pleach::view {

struct Lattice {
  std::vector<int> sizes;                     // nodes along each axis, the fastest axis first
  std::vector<std::vector<int>> coordinates;  // by node
};

// Coordinates such that every link joins neighbours along one axis, the ends of an axis being
// neighbours too, and most places are taken and linked as a mesh would be. They come from ids that
// end in numbers ("torus/0-3-1"), or from the order of the nodes as rows of rows. Nothing when the
// machine has switches or no such coordinates; a ring has one axis.
// Cost: for each factorisation of the number of nodes, at most one look at each pair.
[[nodiscard]] std::optional<Lattice> find_lattice(const Topology& topology,
                                                  const std::vector<LinkPair>& pairs);

}  // namespace pleach::view
