// A cheap look around a cut for a tighter one.
#pragma once

#include <vector>

#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// Moves single nodes in or out of the set as long as that raises weight inside / capacity leaving.
// No max-flow is spent on what a look at each node finds, and the Newton sweep needs fewer steps.
//
// Needs:  a set that misses at least one sink, with weight inside; every node of weight reaches
//         every sink.
// Gives:  such a set whose ratio is not less.
// Cost:   arcs for each round; a round that moves nothing is the last.
[[nodiscard]] std::vector<bool> tightened(const DemandGraph& graph, std::vector<bool> set);

}  // namespace pleach
