// Writes forests as a schedule: shares instead of multiplicities, real routes instead of edges.
//
// An edge's capacity may run along several routes; a tree takes them in order, and where its copies
// need more than one route it becomes several trees of smaller share.
//
// Needs:  forests packed on the given graphs of the given topology; `broadcast` for allgather,
//         broadcast and allreduce, `reduce` (on reversed links) for reduce_scatter, reduce and
//         allreduce.
// Gives:  a complete Schedule; its algbw follows from the link loads and is at least the rate the
//         capacities were scaled for.
// Cost:   linear in trees times ranks.
// Place:  last.
#pragma once

#include "compiler/ir/bound.hpp"
#include "compiler/ir/forest.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

struct PackedGraph {
  SwitchFreeGraph graph;
  Forest forest;
};

[[nodiscard]] Schedule build_schedule(const Topology& topology,
                                      const Bound& bound,
                                      const PackedGraph& broadcast,
                                      const PackedGraph& reduce);

}  // namespace pleach
