// Packs spanning out-trees into any graph whose cuts hold: pack_trees, with most of its max-flows
// replaced by sets that are known to be tight.
//
// Trees grow as in pack_trees, level by level. Whether an edge can be added without breaking a cut
// is asked of a pool of known sets (TightSets) alone, so a tree may break a cut that nobody knows
// yet. That shows when a later tree can not be completed. Then one sweep of max-flows, a local one
// a rank, looks at what is left:
//   - some cuts are broken: they join the pool, and all trees since the last sweep that found
//     nothing grow anew, and half as many of them before the next sweep;
//   - none is: the trees so far are final, and the one that got stuck grows again, now with a
//     max-flow for each edge. That always ends, and the sets that refuse an edge join the pool.
// The last tree needs no sweep: when all are complete, there is nothing left that a cut must carry.
//
// Needs:  a PackGraph in which every cut holds.
// Gives:  for each root r trees whose copies sum to trees[r]; every tree spans all ranks.
// Cost:   O(edges) a tree, a sweep for each time a tree gets stuck.
// Source: Edmonds 1973 (see pack_trees); the pool of tight sets is ours.
#pragma once

#include <vector>

#include "compiler/core/progress.hpp"
#include "compiler/passes/pack_graph.hpp"

namespace pleach {

[[nodiscard]] std::vector<ParentTree> pack_batches(const PackGraph& graph,
                                                   const Progress& progress = {});

}  // namespace pleach
