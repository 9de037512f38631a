// The least capacity between some compute nodes and all others, whichever side forwarders take.
#pragma once

#include <vector>

#include "compiler/graph/max_flow.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// All least cuts of one split of the compute nodes into senders and receivers. Among their
// receiving sides one holds all others and one is held by all (flows from the residual graph).
struct GroupCut {
  Integer capacity;                        // in units of the graph
  std::vector<bool> least_receiving_side;  // by node
  std::vector<bool> most_receiving_side;
  std::vector<int> arcs;  // ascending; those that cross any of the least cuts
};

class GroupCuts {
 public:
  explicit GroupCuts(const DemandGraph& graph);

  // `receives`, by node, is read at compute nodes only and splits them.
  // Cost: one max-flow with its arc flows, and a search for each full arc between the two extreme
  // cuts.
  [[nodiscard]] GroupCut least_cut(const std::vector<bool>& receives);
  // Its capacity alone. Cost: one max-flow.
  [[nodiscard]] Integer least_capacity(const std::vector<bool>& receives);

 private:
  // Opens each compute node's arc from the source or to the sink.
  void place_terminals(const std::vector<bool>& receives);

  const DemandGraph& graph_;
  int source_;
  int sink_;
  Integer unbounded_;
  MaxFlowSolver solver_;
};

// For each sink the smallest node set with that sink in it which needs all of `time` (weight
// outside / capacity entering, in units of the graph) to be fed; empty for a sink that no such set
// holds. The intersection of two such sets that share a sink is one as well, so it is unique.
//
// Needs: no node set needs more than `time`.
// Cost:  one max-flow with its arc flows for each sink.
[[nodiscard]] std::vector<std::vector<bool>> smallest_tight_sets(const DemandGraph& graph,
                                                                 const Rational& time);

}  // namespace pleach
