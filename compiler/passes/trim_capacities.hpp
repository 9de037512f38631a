// Lowers capacity that no route can use.
#pragma once

#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// No route turns back at a node that only forwards: what enters a switch from u leaves it to others
// than u, and what leaves it to t came from others than t. So a link into a switch is worth no more
// than the switch's links to others, and the same for links out. A NIC, or any node with two
// neighbours, comes out with one rate for each direction through it; a dead end with none.
//
// Gives:  the graph with such capacities lowered, round after round until nothing changes (at most
//         once for each node). No rate changes, and a balanced switch stays balanced.
// Cost:   O(arcs) a round.
[[nodiscard]] DemandGraph trim_capacities(DemandGraph graph);

}  // namespace pleach
