// Packs trees in which every rank is as near to the root as the graph allows, where that is
// possible.
//
// Give each root an order of the ranks, here by the number of edges from it. If every rank y is
// given a parent x with an edge x -> y that comes before it, the result is a spanning tree whatever
// the choices, and the loads of the edges into y depend on the choices at y alone. So the packing
// falls apart into one transportation problem for each rank y: every root brings its trees, the
// edges into y have room for as many as their capacity, and trees of root r may use x -> y if x is
// one step nearer to r.
//
// Where an edge out of a root carries fewer trees than the root has, only some of them can begin
// with it. The root's trees then fall into groups that leave it by different edges, each with its
// own distances (see root_groups).
//
// A problem without a solution still gives every tree a parent: what does not fit goes into edges
// that are full already, and the rank is reported.
//
// Needs:  a PackGraph (its cuts need not even hold).
// Gives:  shortest-path trees, the lowest there are for their first hops; nothing when some group
//         does not reach some rank.
// Cost:   O(longest distance * edges * groups / 64) and one small transportation problem a rank; no
//         cut is ever looked at.
// Place:  first of the ways to pack.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/progress.hpp"
#include "compiler/passes/pack_graph.hpp"

namespace pleach {

struct LowTrees {
  std::vector<ParentTree> trees;  // by root; copies sum to trees[root]
  std::vector<int> overfull;      // ranks that some edge enters with more trees than it carries
};

[[nodiscard]] std::optional<LowTrees> pack_shortest_paths(const PackGraph& graph,
                                                          const Progress& progress = {});
// The trees alone; nothing, at the first problem without a solution, when some rank is overfull.
[[nodiscard]] std::optional<std::vector<ParentTree>> pack_fitting_paths(
    const PackGraph& graph, const Progress& progress = {});

}  // namespace pleach
