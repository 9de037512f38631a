// What fewer trees per root would cost.
#pragma once

#include <vector>

#include "compiler/explain/explanation.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// What cuts allow with 1 … 8, 12, 16, 24, 32, 48 and 64 equal trees per root, up to the first
// number that allows the best rate; where none of them does, the list ends with bound's own
// (allreduce: that of its half that needs more), which does. A number that is no better than a
// smaller one is left out. allreduce: both halves with that many, sharing the links.
//
// Where rounding down to whole trees leaves every forwarder balanced, as it does on links that are
// the same both ways, trees reach these rates.
//
// Needs: the machine's `bound`.
// Cost:  one sweep of max-flows for each count and more for each Newton step; allreduce twice.
[[nodiscard]] std::vector<TreeCount> tree_counts(const Topology& topology, const Bound& bound);

}  // namespace pleach
