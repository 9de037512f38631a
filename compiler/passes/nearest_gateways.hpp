// The logical graph of a regular machine, written down instead of searched for.
//
// Boxes on a network, racks, leaves of a fat tree: each root sends its trees to a gateway in every
// other group, which spreads them over its group (plan_gateways). The logical edges are routed
// through the levels of the network (route_demands). No cut is ever looked at: the links hold by
// construction, and whether all trees fit is for the packing to show, which is the proof.
//
// Needs:  a graph whose roots have equally many trees; otherwise it gives nothing.
// Gives:  a switch-free graph whose routes fit the links. Its cuts are not checked: only a forest
//         packed in it shows that it is good enough. Nothing where ranks have direct links, or the
//         demands find no routes.
// Cost:   near the number of logical edges, and plan_gateways; no max-flow.
// Place:  before remove_switches, which serves every machine.
#pragma once

#include <optional>

#include "compiler/core/progress.hpp"
#include "compiler/ir/switch_free_graph.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

[[nodiscard]] std::optional<SwitchFreeGraph> nearest_gateways(const DemandGraph& graph,
                                                              const Progress& progress = {});

}  // namespace pleach
