// A schedule, as the file pleach-schedule/1 stores it: trees, shares and routes, no instructions.
//
// A share is the exact fraction of the whole buffer that a tree carries. "Whole buffer" is what
// nccl-tests counts: the gathered output of an all-gather, the input of a reduce-scatter.
// Which lists a collective fills:
//   allgather, broadcast      broadcast_trees only
//   reduce_scatter, reduce    reduce_trees only
//   allreduce                 both, with the same total share for each root in both
// The shares of each filled list sum to 1; for allgather and reduce_scatter every root holds 1/N.
// Load of a link = sum of the shares of all tree edges whose route crosses it, both lists together;
// algbw = least capacity / load over the links.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/ir/achievable.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// Nodes from a sending compute node, through forwarders only, to a receiving compute node.
using Route = std::vector<NodeId>;

// An out-tree (data flows from the root: parents' routes before their children's) or an in-tree
// (data flows to the root: children's routes before their parents').
struct ScheduleTree {
  int root = 0;             // a rank
  Rational share;           // above 0, of the whole buffer
  std::vector<int> routes;  // positions in Schedule::routes, one for each tree edge: N - 1
  bool operator==(const ScheduleTree&) const = default;
};

// What no schedule for this collective on this machine can beat, with its witness.
struct ScheduleBound {
  Rational algbw;           // GB/s
  std::vector<NodeId> cut;  // the witness: node set S, in file order
  // allreduce only: disjoint node sets P_1 … P_p that hold all compute nodes between them, p >= 2,
  // when they and not `cut` bound the rate (see docs of compute_bound). Empty otherwise.
  std::vector<std::vector<NodeId>> parts;
  // Where switches are not balanced, and never for allreduce: what can be reached at best.
  std::optional<Achievable> achievable = {};
  // The rate that no schedule beats.
  [[nodiscard]] const Rational& best() const { return achievable ? achievable->algbw : algbw; }
  bool operator==(const ScheduleBound&) const = default;
};

struct Generator {
  std::string tool;
  std::string version;
  std::string method;
  bool operator==(const Generator&) const = default;
};

struct Schedule {
  Collective collective = Collective::AllGather;
  // The expanded topology travels with the schedule. The file stores no node types: a node without
  // a rank reads back as a Switch. Names, links and ranks are exact.
  Topology topology;
  std::string topology_digest;  // topology_digest(topology), lower-case hexadecimal SHA-256
  std::vector<Route> routes;
  std::vector<ScheduleTree> broadcast_trees;
  std::vector<ScheduleTree> reduce_trees;
  Rational algbw;  // GB/s, what the trees reach
  ScheduleBound bound;
  Generator generator;
  bool operator==(const Schedule&) const = default;
};

// The rank that all trees of a broadcast or reduce have as their root: the first tree's, unchecked.
// -1 for the other collectives, and where there is no tree.
[[nodiscard]] int root_of(const Schedule& schedule);

}  // namespace pleach
