// The least cut around a place, told the way a person would draw it.
#pragma once

#include <vector>

#include "compiler/explain/explanation.hpp"
#include "compiler/explain/group_cuts.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// A place and its side of the cut in the demand graph, where data flows from senders to receivers.
struct Candidate {
  Place place;
  bool receives = true;
};

class Crossings {
 public:
  // Needs: not allreduce; `root` < ranks. `topology` must outlive this.
  Crossings(const Topology& topology, Collective collective, int root);

  [[nodiscard]] const DemandGraph& graph() const { return graph_; }
  // The compute nodes on the receiving side, by node.
  [[nodiscard]] std::vector<bool> receivers_of(const Candidate& candidate) const;
  // Whether anything must cross: some receiver is a sink, and some weight lies outside.
  [[nodiscard]] bool limits_something(const std::vector<bool>& receivers) const;

  // Need: limits_something(receivers_of(candidate)).
  // The rate that the least cut allows. Cost: one max-flow.
  [[nodiscard]] Rational rate_of(const Candidate& candidate);
  // That cut. Among the least ones, the border of a box where that is one (without what is of no
  // use to it, such as a NIC whose GPU is away), else the one nearest to the place.
  // Cost: one max-flow with its arc flows.
  [[nodiscard]] Crossing crossing_of(const Candidate& candidate);

 private:
  const Topology& topology_;
  Collective collective_;
  DemandGraph graph_;
  GroupCuts cuts_;
};

}  // namespace pleach
