// Turns rates into whole trees: how many unit trees each link carries.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/core/rational.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// A demand graph in which one unit of capacity is one unit tree: each root sends weight trees, and
// for every node set that misses a sink the capacity leaving it is at least the weight inside.
struct TreeGraph {
  DemandGraph graph;
  Integer trees_per_root;  // the paper's k
};

// At the exact optimum: time = p/q of the tightest cut, so q trees per root, and p for each unit of
// capacity.
[[nodiscard]] TreeGraph scale_to_optimum(const DemandGraph& graph, const Rational& time);

// With k trees per root: link e carries floor(U b_e) of them; the least U at which all k fit.
//
// Method: the Newton sweep of tightest_cut, where a violated cut's next U is the least at which the
// floors of its links add up to what must cross (stepped through the links' break points).
// Needs:  k >= 1; `time` of the graph's tightest cut, where U starts.
// Cost:   one max-flow a sink and one more for each Newton step.
// Source: ForestColl (arXiv 2402.06787), section on fixed k.
[[nodiscard]] TreeGraph scale_to_tree_count(const DemandGraph& graph,
                                            const Rational& time,
                                            std::int64_t trees_per_root);

}  // namespace pleach
