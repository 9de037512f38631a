// Whether all trees still fit: for every node set that misses a sink, the capacity leaving it is
// at least the weight inside it.
#pragma once

#include <vector>

#include "compiler/graph/supply_flow_solver.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// Watches one graph whose capacities change.
//
// One sweep: a super source feeds each node its weight; the max-flow to each sink must be the total
// weight. A sink that was asked becomes a source without limit for the later ones, since the sets
// that it is outside of have been looked at: with that, every set counts in exactly one flow, and
// all flows but the first stay near their sink. This is the idea of Hao & Orlin 1994 on terminals.
class FeasibilityChecker {
 public:
  explicit FeasibilityChecker(const DemandGraph& graph);

  // Arcs are numbered as in the graph; added ones follow.
  int add_arc(int tail, int head) { return flow_.add_arc(tail, head); }  // of capacity 0
  void set_capacity(int arc, const Integer& capacity) { flow_.set_capacity(arc, capacity); }
  [[nodiscard]] const Integer& capacity(int arc) const { return flow_.capacity(arc); }

  // From now on `factor` times the graph's weight starts at each node. Needs: factor >= 0.
  void set_weights(const Integer& factor);

  // Cost: one max-flow a sink; stops at the first that fails.
  [[nodiscard]] bool feasible();
  // A node set that can not send all that starts in it; empty when there is none.
  [[nodiscard]] std::vector<bool> violated_cut();
  // The same for a search that only ever gives sinks that have passed more: looks at the sinks from
  // the one numbered `first` on (0 to begin with), and sets `first` to the one that failed.
  [[nodiscard]] std::vector<bool> violated_cut(std::size_t& first);
  // One such set for each sink that has one that no earlier sink has; all at a max-flow a sink.
  [[nodiscard]] std::vector<std::vector<bool>> violated_cuts();
  // By how much the worst node set falls short; 0 when feasible. Always one max-flow a sink.
  [[nodiscard]] Integer shortfall();

 private:
  // Calls visit(sink) for each sink from `first` on, with the earlier ones merged into the source,
  // until it returns false; gives the number of the sink where it did, or of sinks.
  template <class Visit>
  std::size_t sweep(std::size_t first, Visit visit);

  [[nodiscard]] Integer missing(int sink);
  [[nodiscard]] std::vector<bool> source_side() const;

  int num_nodes_;
  std::vector<int> compute_;
  std::vector<int> sinks_;
  std::vector<Integer> graph_weight_;  // by node
  Integer graph_total_weight_;
  Integer total_weight_;
  SupplyFlowSolver flow_;
};

// The node sets that can not send all that starts in them when the graph's arcs have these
// capacities, in its unit, and it has this rate, in GB/s for each unit of weight. Cost: one
// max-flow a sink.
[[nodiscard]] std::vector<std::vector<bool>> violated_cuts(const DemandGraph& graph,
                                                           const std::vector<Rational>& capacity,
                                                           const Rational& rate);

}  // namespace pleach
