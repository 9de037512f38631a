// A small exact max-flow. verify/ has its own, so that a defect of the one the passes use can not
// hide itself.
#pragma once

#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach::verify {

// Dinic's method (1970): level graphs by breadth-first search, each blocked by depth-first search.
// Capacities are whole numbers of any size.
class FlowNetwork {
 public:
  explicit FlowNetwork(int num_nodes);

  // Needs: two different nodes, capacity >= 0.
  void add_arc(int tail, int head, const Integer& capacity);

  // Needs: source != sink. Cost: O(nodes^2 arcs) at worst. May be called again, for other ends too:
  // every call starts from the capacities that were added.
  Integer max_flow(int source, int sink);

  // For each node, whether it is on the source side of the cut that limited the last flow.
  [[nodiscard]] std::vector<bool> source_side() const;

 private:
  bool find_levels(int source, int sink);
  Integer blocking_flow(int source, int sink);

  struct Arc {
    int head = 0;
    Integer capacity;
    Integer residual;
  };
  std::vector<Arc> arcs_;                  // arc e and its reverse e ^ 1
  std::vector<std::vector<int>> leaving_;  // arcs, for each node
  std::vector<int> level_;                 // arcs from the source, -1 where it does not reach
  std::vector<std::size_t> next_;          // position in leaving_ that is tried next
};

}  // namespace pleach::verify
