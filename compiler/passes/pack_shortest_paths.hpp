// Packs trees in which every rank is as near to the root as the graph allows, where that is
// possible.
//
// Let d_r(y) be the number of edges from root r to y. If every y is given a parent x with an edge
// x -> y and d_r(x) < d_r(y), the result is a spanning tree whatever the choices, and the loads of
// the edges into y depend on the choices at y alone. So the packing falls apart into one
// transportation problem for each rank y: every other root brings its trees, the edges into y have
// room for as many as their capacity, and root r may use x -> y if d_r(x) + 1 = d_r(y).
//
// Needs:  a SwitchFreeGraph (its cuts need not even hold).
// Gives:  a forest of shortest-path trees, the lowest there are; nothing when some rank's problem
//         has no solution, which says nothing about whether other trees can be packed.
// Cost:   N breadth-first searches and N small max-flows; no cut is ever looked at.
// Place:  before pack_trees, which packs whatever can be packed.
#pragma once

#include <optional>

#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

[[nodiscard]] std::optional<Forest> pack_shortest_paths(const SwitchFreeGraph& graph);

}  // namespace pleach
