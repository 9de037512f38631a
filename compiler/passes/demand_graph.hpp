// The machine as the passes see it: whole-number capacities, and what must flow.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/graph/flow_network.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// reduce_scatter and reduce are their mirrors on reversed links: a schedule for the mirror, read
// backwards, is a schedule for them.
struct DemandGraph {
  FlowNetwork network;  // the topology's nodes; arc i is links[i], turned round for a mirror
  Rational unit;        // GB/s of one unit of capacity: the gcd of all bandwidths
  std::vector<Integer> weight;  // by node: how much starts there and must reach every sink
  Integer total_weight;
  std::vector<int> compute;  // node of each rank
  std::vector<int> sinks;    // the compute nodes that must receive: all, or all but the one root
};

// Weight 1 at each compute node (allgather, reduce_scatter) or at the root alone (broadcast,
// reduce). Needs: root < ranks; not allreduce, which is made of the other two.
[[nodiscard]] DemandGraph demand_graph(const Topology& topology, Collective collective, int root);

// The same graph with these capacities, by arc and in its unit, in the largest unit in which they
// are whole. Needs: one that is not 0.
[[nodiscard]] DemandGraph with_capacities(const DemandGraph& graph,
                                          const std::vector<Rational>& capacity);

// The capacity leaving a node set and the weight inside it.
[[nodiscard]] Integer capacity_leaving(const DemandGraph& graph, const std::vector<bool>& set);
[[nodiscard]] Integer weight_of(const DemandGraph& graph, const std::vector<bool>& set);

// For each arc the one that runs the other way with the same capacity: nothing where one has none.
// Reading a forest backwards then gives one for the reversed links.
// Cost: one sort of the arcs.
[[nodiscard]] std::optional<std::vector<int>> reverse_arcs(const DemandGraph& graph);

}  // namespace pleach
