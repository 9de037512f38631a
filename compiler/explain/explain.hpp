// Says what limits a collective on a machine, what comes next, and what would help.
//
// The bottleneck. A max-flow for each compute node at the best rate gives the smallest tight set
// around it (group_cuts.hpp); these sets, and every place (places.hpp) with its exact least cut,
// are the candidates. Those that allow just the best rate are tight. So "each of the 16 boxes"
// means that 16 cuts were computed, each by a flow of its own; symmetry is never assumed.
//   Tight sets that hold most compute nodes are told from the other side: what leaves the rest.
//   Of tight cuts with the same compute nodes, the border of the whole box is told where it is one.
// Where switches are unbalanced and every cut allows more than any schedule reaches, the weights of
// the proof (ir/achievable.hpp) say which links limit; the tightest cuts are told all the same.
// Next: the classes of places with the least rates above the tightest cut's, below twice that, five
// at most. No claim is made about node sets that are no place.
//
// Needs:  a validated Topology; `root` < ranks.
// Gives:  every rate and capacity exact; each Crossing is a cut that can be checked by adding up.
// Cost:   N + 2 places max-flows, twice (once more for the doubled links), three times that for an
//         allreduce; one sweep for each tree count.
#pragma once

#include "compiler/core/collective.hpp"
#include "compiler/explain/explanation.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

[[nodiscard]] Explanation explain(const Topology& topology, Collective collective, int root = 0);

}  // namespace pleach
