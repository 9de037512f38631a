// The places that limit one flow of data.
#pragma once

#include "compiler/explain/explanation.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// See explain.hpp; everything but `comparison`'s repaired rate.
// Needs: not allreduce; `root` < ranks.
[[nodiscard]] FlowLimits find_limits(const Topology& topology, Collective collective, int root);

}  // namespace pleach
