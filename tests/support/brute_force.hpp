// Answers by enumerating every node set, from the definitions alone.
#pragma once

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/ir/switch_free_graph.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::testing {

// W * min over node sets S that miss a compute node of (capacity leaving S / weight in S), GB/s.
// Needs: at most 16 nodes; not allreduce.
[[nodiscard]] Rational best_algbw(const Topology& topology, Collective collective, int root);

// The best all-gather rate with `trees_per_root` equal trees per root: over the least U at which
// every node set can send its trees when link e carries floor(U * bandwidth).
// Needs: at most 12 nodes, whole small rates.
[[nodiscard]] Rational best_algbw_for_tree_count(const Topology& topology, int trees_per_root);

// Whether every set of ranks that is not all of them can send the trees rooted in it.
// Needs: at most 16 ranks.
[[nodiscard]] bool every_cut_holds(const SwitchFreeGraph& graph);

}  // namespace pleach::testing
