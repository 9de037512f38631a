// A small exact max-flow from many fed nodes to one sink. verify/ has its own, so that a defect of
// the one the passes use can not hide itself.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach::verify {

template <class Whole>
struct FlowArc {
  int tail = 0;
  int head = 0;
  Whole capacity;
};

// Dinic's method (1970) from the sink's side: level graphs by breadth-first search against the
// arcs, each blocked by depth-first search. It ends as soon as enough has arrived, and the next
// call undoes only what this one changed, so that a sink with fed nodes near it costs little in
// however large a network. `Whole` is std::int64_t, or Integer where something does not fit.
template <class Whole>
class FlowNetwork {
 public:
  // Needs: 0 <= tail, head < num_nodes, tail != head, capacity >= 0.
  FlowNetwork(int num_nodes, const std::vector<FlowArc<Whole>>& arcs);

  // How much may start at a node; 0 unless it is said. Needs: amount >= 0.
  void feed(int node, const Whole& amount);

  // How much of what is fed can reach the sink at once, but no more than `wanted` >= 0. Every call
  // starts from the capacities and feeds that were given.
  // Cost: O(nodes^2 arcs) at worst, counting what lies nearer to the sink than what feeds it.
  Whole flow_to(int sink, const Whole& wanted);

  // After a flow that stayed below `wanted`: for each node, whether it is on the sink's side of the
  // cut that limited it. What is fed on that side and what enters it add up to the flow.
  [[nodiscard]] std::vector<bool> sink_side() const;

 private:
  struct Entry {  // an arc at its head, or its reverse
    int tail = 0;
    std::size_t reverse = 0;
    Whole capacity{};
    Whole residual{};
  };

  void forget_last_flow();
  void forget_levels();
  bool find_levels(int sink);
  Whole blocking_flow(int sink, const Whole& wanted);
  void push(const std::vector<std::size_t>& path, int source, const Whole& amount);

  std::vector<std::size_t> first_;    // in entries_, for each node, and one past the last
  std::vector<Entry> entries_;        // ordered by head
  std::vector<Whole> feed_;           // by node
  std::vector<Whole> left_;           // of it
  std::vector<int> level_;            // arcs to the sink; -1 where there was no need to know
  std::vector<std::size_t> next_;     // entry that is tried next, for nodes with a level
  std::vector<int> queue_;            // the nodes with a level, nearest first
  std::vector<std::size_t> changed_;  // entries whose residual, or whose reverse's, changed
  std::vector<int> drawn_;            // nodes that gave some of their feed
};

extern template class FlowNetwork<std::int64_t>;
extern template class FlowNetwork<Integer>;

}  // namespace pleach::verify
