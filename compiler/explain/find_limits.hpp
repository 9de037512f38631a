// The places that limit one flow of data.
#pragma once

#include "compiler/explain/explanation.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// See explain.hpp; everything but the repaired rate of `comparison`.
// Needs: not allreduce; `root` < ranks.
[[nodiscard]] FlowLimits find_limits(const Topology& topology, Collective collective, int root);

// Without neighbours: no `next`, `also_tight` and `comparison`, and the bottleneck is the first
// among the smallest tight sets: for a machine of which no more is to be told.
[[nodiscard]] FlowLimits find_bottleneck(const Topology& topology, Collective collective, int root);

}  // namespace pleach
