// SupplyFlow for numbers of any size: 64 bits while they hold, multiprecision from then on.
#pragma once

#include <variant>
#include <vector>

#include "compiler/core/integer.hpp"
#include "compiler/graph/flow_network.hpp"
#include "compiler/graph/supply_flow.hpp"

namespace pleach {

// The interface and the costs are those of SupplyFlow.
class SupplyFlowSolver {
 public:
  // Arcs and capacities of the network; all supplies are 0.
  explicit SupplyFlowSolver(const FlowNetwork& network);

  int add_arc(int tail, int head);
  void set_capacity(int arc, const Integer& capacity);
  [[nodiscard]] const Integer& capacity(int arc) const { return capacity_[arc]; }
  void set_supply(int node, const Integer& supply);
  void set_unlimited(int node, bool unlimited);
  void set_switch(int node);
  [[nodiscard]] Integer into(int sink, const Integer& enough);
  [[nodiscard]] bool on_sink_side(int node) const;

 private:
  void widen();

  std::vector<ArcEnds> arcs_;
  std::vector<Integer> capacity_;  // by arc
  std::vector<Integer> supply_;    // by node
  std::vector<bool> unlimited_;
  std::vector<bool> switch_;
  Integer total_;  // of capacities and supplies: no sum in a flow is larger
  std::variant<SupplyFlow<std::int64_t>, SupplyFlow<Integer>> flow_;
};

}  // namespace pleach
