// Packs spanning out-trees: as many from each root as are rooted there, and no edge used more often
// than its capacity says.
//
// Edmonds 1973, in the capacitated form of Schrijver (Combinatorial Optimization, 53) and Berczi &
// Frank: trees grow edge by edge, and `multiplicity` equal trees grow as one. While a tree of
// multiplicity m grows from root r, an edge x -> y from inside to outside may be added to
//   min( m, capacity of the edge, F(x -> y) - (trees still to be built) )
// of its copies, where F is the max-flow in which x also reaches every root of a tree still to be
// built, at as much as is to be built there. So every node set that x is outside of keeps enough
// capacity for the trees that must still enter it. An edge that can be added always exists.
// When it can be added to fewer than m copies, the others go back to their root.
//
// Trees grow level by level, and at each level an edge that takes all copies comes before one that
// takes some: low trees first, then few of them.
//
// Needs:  a SwitchFreeGraph in which every cut holds.
// Gives:  for each root r trees whose multiplicities sum to trees[r]; every tree spans all ranks.
//         At most |edges| + ranks different ones, since each return of copies uses up an edge or
//         makes one more node set tight.
// Cost:   one max-flow for each edge that is tried, N - 1 or more for each different tree.
// Place:  last of the passes that need max-flows.
#pragma once

#include "compiler/core/progress.hpp"
#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

[[nodiscard]] Forest pack_trees(const SwitchFreeGraph& graph, const Progress& progress = {});

}  // namespace pleach
