// The best rate on a machine whose switches can take in more than they can send on, or less.
//
// A route that enters a switch leaves it, so the links at a switch carry as much in as out,
// whatever their rates. Where the rates differ, the cuts may allow more than any schedule reaches,
// and the true optimum is that of the best balanced sub-capacity c:
//
//   max x   0 <= c_e <= b_e,   c(into w) = c(out of w) for each switch w,
//           c(out of S) >= x * weight(S) for each node set S that misses a sink
//
// Method: capacities that no route can use are trimmed first; often nothing is left to balance, as
//         with one direction of a NIC, and the cut bound holds. Otherwise the linear program, with
//         cuts found by max-flow as they are needed: CLP proposes a vertex, FLINT makes it exact,
//         max-flows on its exact capacities decide. Among the best sub-capacities the largest is
//         taken (with slightly different weights for different links, so that it is the only one
//         and no floating-point unit can change it): more room gives lower trees.
// Needs:  a graph with unbalanced switches, and its tightest cut.
// Gives:  a balanced graph of the same nodes and arcs, some with less capacity, and the proof that
//         no other allows more (see ir/achievable.hpp).
// Cost:   one max-flow a sink for each round of cuts, one linear program a round.
// Source: our own; ForestColl (arXiv 2402.06787) assumes balanced switches.
// Place:  before scale_capacities; splitting and packing then find every switch balanced.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/achievable.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/tightest_cut.hpp"

namespace pleach {

struct BalancedGraph {
  DemandGraph graph;
  Rational time;  // that its tightest cut takes; see tightest_cut.hpp
  Achievable achievable;
};

[[nodiscard]] BalancedGraph balance_switches(const DemandGraph& graph,
                                             const TightestCut& tightest,
                                             const Progress& progress = {});

// The same in whole trees.
struct WholeBalance {
  // The largest balanced part of a graph, in its own unit, that still lets all weight through;
  // nothing where there is none, or where the program's vertex is not whole.
  std::optional<DemandGraph> graph;
  // Where there is none, the proof: prices >= 0 of the arcs. Whatever the capacities, all weight
  // gets through a balanced part only if the sum of price * capacity is at least 1, and here it is
  // less.
  std::vector<Rational> price;
};
[[nodiscard]] WholeBalance balance_whole(const DemandGraph& graph);

}  // namespace pleach
