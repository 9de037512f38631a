// The one door from a description to a Topology.
#pragma once

#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/topology/topology_spec.hpp"

namespace pleach {

// Gives a Topology that keeps every promise of topology.hpp: parallel cables are added up, a node
// with a throughput becomes two (see NodeSpec), cables of rate 0 are left out, each with a note.
// Errors, all that can be told in one go: ids that are empty, hold control characters or stand
// twice; cables that end nowhere or where they start, or a node that lets nothing through; fewer
// than two gpus; a gpu without a rank, with two, or a rank of something else. When none of these
// stands in the way, also the gpus that not all others can reach. Mistakes of one origin are
// reported once, with how many more there are. Cost: linear in nodes and cables, apart from the
// search for similar names when some are unknown.
[[nodiscard]] Result<Topology> validate(const TopologySpec& spec);

// Only the mistakes of ids and of the ends of cables: all that can be told of a spec whose reader
// has found mistakes already, as long as it has every node.
[[nodiscard]] Diagnostics check_names(const TopologySpec& spec);

}  // namespace pleach
