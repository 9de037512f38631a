// Pictures in which every switch is a bar. Internal to layout.cpp.
#pragma once

#include "compiler/view/layout.hpp"

namespace pleach::view {

// For machines with switches, and for boxes joined by direct links.
[[nodiscard]] Layout layout_bars(const Topology& topology, const std::vector<LinkPair>& pairs);

}  // namespace pleach::view
