// Checks the values between the passes against their definitions.
#pragma once

#include <vector>

#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach {

// Rules of a SwitchFreeGraph: "edges" (sorted, unique, between two ranks), "pieces" (amounts above
// 0 that sum to the capacity; routes start and end at the edge's ranks and pass only nodes without
// a rank, each once). `ranks` is Topology::ranks.
[[nodiscard]] std::vector<Violation> violations(const SwitchFreeGraph& graph,
                                                const std::vector<NodeId>& ranks);

// Rules of a Forest: "span" (every tree reaches every rank once, parent before child), "count" (as
// many trees at each root as the graph asks for), "capacity" (no edge in more trees than it has
// capacity).
[[nodiscard]] std::vector<Violation> violations(const Forest& forest, const SwitchFreeGraph& graph);

}  // namespace pleach
