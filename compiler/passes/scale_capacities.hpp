// Turns rates into whole trees: how many unit trees each link carries.
#pragma once

#include <cstdint>

#include "compiler/core/integer.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/optimum.hpp"

namespace pleach {

// A demand graph in which one unit of capacity is one unit tree: each root sends weight trees, and
// for every node set that misses a sink the capacity leaving it is at least the weight inside.
struct TreeGraph {
  DemandGraph graph;
  Integer trees_per_root;  // the paper's k
};

// At the exact optimum, the way the paper counts: time = p/q of the tightest cut of the balanced
// graph, so q trees per root, and p for each unit of capacity. No link is rounded.
[[nodiscard]] TreeGraph scale_to_optimum(const Optimum& optimum);

// At the exact optimum, with as few trees as it allows: only links of tight cuts must carry whole
// trees, the others may round down.
//
// Method: for k = 1, 2, … are the floors of k p/q b_e enough? A cut that is not tight asks for a k
//         at which it is; a tight one for a multiple of what makes its links whole. Cuts found so
//         far are asked before a sweep of max-flows is.
// Gives:  the least k (q at most) whose floors are balanced at every switch, or have a balanced
//         part that is enough (balance_whole). Past 10,000 values or 256 sweeps: q.
// Cost:   one sweep for each k that no known cut rules out.
[[nodiscard]] TreeGraph scale_to_least_trees(const Optimum& optimum);

// The fewest trees per root that come within `tolerance` (0.005 is half a percent) of the optimum,
// at the best rate for so many.
//
// Method: as above with U = k p/q / (1 - tolerance) and no link that must be whole.
// Needs:  0 < tolerance < 1.
[[nodiscard]] TreeGraph scale_within(const Optimum& optimum, const Rational& tolerance);

// With k trees per root: link e carries floor(U b_e) of them; the least U at which all k fit.
//
// Method: the Newton sweep of tightest_cut, where a violated cut's next U is the least at which the
//         floors of its links add up to what must cross (stepped through the links' break points).
//         Where the floors leave a switch unbalanced, their best balanced part (balance_whole);
//         where that is too little, its proof gives the next U in the same way. The linear
//         program's vertex need not be whole: then the next break point is tried, a few dozen
//         times; the optimum's own trees, as many as cover k, end the search at the latest. After
//         such a vertex a lesser U might do.
// Needs:  k >= 1.
// Cost:   one max-flow a sink and one more for each Newton step; a linear program for each break
//         point that is tried where floors are unbalanced.
// Source: ForestColl (arXiv 2402.06787), section on fixed k, for balanced floors.
[[nodiscard]] TreeGraph scale_to_tree_count(const Optimum& optimum, std::int64_t trees_per_root);

}  // namespace pleach
