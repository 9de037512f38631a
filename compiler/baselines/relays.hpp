// A machine on which GPUs pass on what they neither keep nor want.
#pragma once

#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

// The same machine with a relay before each GPU: the GPU's links end and start at the relay, and
// one link each way, as wide as all of them together, joins the two. So a route may pass a GPU by
// its relay, where the schedule format lets no route pass a rank. No bound changes: what leaves a
// GPU and its relay together is what left the GPU, and the new links are never narrower. The relays
// stand behind all other nodes, in rank order; nodes keep their positions.
[[nodiscard]] Topology with_relays(const Topology& topology);

// The routes over with_relays(topology) that pass the same nodes.
[[nodiscard]] std::vector<Route> relayed_routes(const Topology& topology,
                                                const std::vector<Route>& routes);

// The same witness: every GPU takes its relay along.
[[nodiscard]] ScheduleBound relayed_bound(const Topology& topology, const ScheduleBound& bound);

}  // namespace pleach::baselines
