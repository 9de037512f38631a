// Maximum flow and minimum cut between two nodes, exact for capacities of any size.
//
// One interface, two implementations: LEMON's Preflow does the work; Boost.Graph's push-relabel is
// the second opinion that tests compare it with.
#pragma once

#include <memory>
#include <vector>

#include "compiler/core/integer.hpp"
#include "compiler/graph/flow_network.hpp"

namespace pleach {

struct MaxFlow {
  Integer value;
  std::vector<bool> source_side;  // of a minimum cut, by node: the witness
};

// A network whose flow is asked for many times while single capacities change.
class MaxFlowSolver {
 public:
  explicit MaxFlowSolver(const FlowNetwork& network);
  ~MaxFlowSolver();
  MaxFlowSolver(MaxFlowSolver&&) noexcept;
  MaxFlowSolver& operator=(MaxFlowSolver&&) noexcept;

  // Numbers the arc: those of the constructor are 0, 1, … in their order, added ones follow.
  int add_arc(const FlowArc& arc);
  void set_capacity(int arc, const Integer& capacity);
  [[nodiscard]] const Integer& capacity(int arc) const;

  // Needs: source != sink, both nodes of the network.
  // Cost:  one push-relabel run; in 64 bits while the sum of all capacities fits, else in
  //        multiprecision. The cut is read off the run at O(nodes).
  [[nodiscard]] MaxFlow solve(int source, int sink);
  // A maximum flow, arc by arc: at most the capacity, as much into every other node as out of it.
  [[nodiscard]] std::vector<Integer> arc_flows(int source, int sink);
  // The value alone.
  [[nodiscard]] Integer value(int source, int sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One flow. Needs: source != sink.
[[nodiscard]] MaxFlow max_flow(const FlowNetwork& network, int source, int sink);

// The same with Boost.Graph. Needs: the sum of all capacities below 2^511.
[[nodiscard]] MaxFlow boost_max_flow(const FlowNetwork& network, int source, int sink);

}  // namespace pleach
