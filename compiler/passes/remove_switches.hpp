// Replaces switches by edges between compute nodes, without lowering any cut below its demand.
//
// Splitting off: take g units from the links u -> w and w -> t and give them to an edge u -> t
// (none where u = t). Where every switch has as much capacity in as out, all of its capacity can be
// split off so that every compute node still receives all trees (Bang-Jensen, Frank & Jackson
// 1995; compute nodes need no balance).
//
// Method, switch by switch, those nearest to compute nodes first. One with two neighbours, such as
// a NIC, is contracted: what comes from one can only go on to the other, and no cut notices (it had
// the lesser of the two capacities to cross anyway, on one side of the switch or the other). Any
// other:
//   1. Split the whole switch at once by an even plan, which gives low trees: first one that joins
//      compute nodes before it leads on to other switches, else one that spreads over everything.
//      One sweep of max-flows decides.
//      First this is done for all switches without looking at a cut, and one sweep at the end
//      decides for all: a cut that one split breaks stays broken. Only where that fails is each
//      switch looked at by itself.
//   2. Else split the even plan in parts, halving what does not fit down to single pairs; a pair
//      takes exactly as much as the worst cut allows. What is left is split pair by pair the same
//      way, which by the theorem uses up the switch.
//
// Needs:  every switch of `graph` has equal capacity in and out (see unbalanced_switches), and the
//         graph is feasible.
// Gives:  logical edges with the real routes of their capacity; a route passes no node twice.
// Cost:   with S switches, N sinks: N max-flows where all even plans fit, S N where each switch is
//         looked at, more by the number of pairs at a switch where its plan does not fit.
// Place:  after scale_capacities; from here on every node is a compute node.
#pragma once

#include <vector>

#include "compiler/core/progress.hpp"
#include "compiler/ir/switch_free_graph.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// The nodes that only forward and whose links carry more in than out, or out than in.
[[nodiscard]] std::vector<int> unbalanced_switches(const DemandGraph& graph);

[[nodiscard]] SwitchFreeGraph remove_switches(const DemandGraph& graph,
                                              const Progress& progress = {});

}  // namespace pleach
