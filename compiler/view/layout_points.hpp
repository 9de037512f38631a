// Pictures of machines without switches. Internal to layout.cpp.
#pragma once

#include "compiler/view/lattice.hpp"
#include "compiler/view/layout.hpp"

namespace pleach::view {

// GPUs in file order on a circle, from the top clockwise; links are chords.
[[nodiscard]] Layout layout_circle(const Topology& topology, const std::vector<LinkPair>& pairs);

// GPUs on their grid; a third axis goes into the depth, more axes repeat the picture. A link that
// would cross a GPU bends around it.
// Needs: `lattice` is find_lattice of the same machine.
[[nodiscard]] Layout layout_lattice(const Topology& topology,
                                    const std::vector<LinkPair>& pairs,
                                    const Lattice& lattice);

}  // namespace pleach::view
