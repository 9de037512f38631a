// Maximum flow into one node from supplies spread over the network.
//
// All our questions have this form: what starts at the compute nodes must reach each of them. Many
// are asked of one network, one sink after the other, and most are local: a sink that has passed
// becomes a supply without limit, so later flows end a few links from their sink. What this kernel
// does for that, and a general max-flow does not:
//   - it pulls from the sink, and looks no further than the supplies it needs;
//   - it stops when `enough` has arrived;
//   - it takes back only what the flow before has changed, so a local flow costs nothing elsewhere;
//   - a switch whose surroundings bring it, without limit, all that it can pass on is not looked
//     behind (set_switch).
// Blocking flows on layers around the sink (Dinic 1970, from the sink). MaxFlowSolver is the second
// opinion; bench_compiler's rows flow/… show why this one exists.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach {

struct ArcEnds {
  int tail = 0;
  int head = 0;
};

// Value: Integer, or std::int64_t. The latter needs: twice the largest sum of capacities between
// two nodes, that of a switch's arcs, the sum of all supplies, and every `enough` below 2^62.
template <class Value>
class SupplyFlow {
 public:
  // Nodes are 0 … num_nodes - 1; arcs are numbered in their order. Parallel arcs add up; no loops.
  // All capacities and supplies are 0.
  SupplyFlow(int num_nodes, const std::vector<ArcEnds>& arcs);

  int num_nodes() const { return static_cast<int>(supply_.size()); }
  // Numbers the new arc, of capacity 0. Cost: O(arcs), once for all arcs added between two flows.
  int add_arc(int tail, int head);
  void set_capacity(int arc, const Value& capacity);  // >= 0
  [[nodiscard]] const Value& capacity(int arc) const { return capacity_[arc]; }
  void set_supply(int node, const Value& supply);  // >= 0
  // Whether the node supplies whatever is asked for.
  void set_unlimited(int node, bool unlimited);
  // Says that the node is never a sink. Once nodes without limit bring it all that it can send to
  // the others, it counts as one of them: on the sink's side it would make no cut smaller.
  // Cost: a look at all arcs in the first flow after a change of a capacity or back to a limit.
  void set_switch(int node);

  // The lesser of `enough` and the maximum flow into `sink`, its own supply counted in.
  // Needs: enough >= 0.
  // Cost:  at most num_nodes blocking flows; local ones touch only their surroundings.
  [[nodiscard]] Value into(int sink, const Value& enough);
  // Of the last flow, where less than `enough` arrived: whether the node lies on the sink's side of
  // the minimum cut (the smallest such side).
  [[nodiscard]] bool on_sink_side(int node) const { return layer_[node] != kUnseen; }

 private:
  static constexpr int kUnseen = -1;

  // One end of a pair of neighbours: what can still come from `other` to the node that it is listed
  // at. The twin is listed at `other`.
  struct Port {
    int other = 0;
    int twin = 0;
    Value capacity{};
    Value room{};
  };
  // How the search came to a node.
  struct Way {
    int first = 0;  // of the sink's ports
    Value width{};  // the least room on the way
  };
  // A node that the pull stands in, on its way from the sink.
  struct Step {
    int node = 0;
    Value wanted{};
    Value got{};
  };

  void build();
  void settle();
  void absorb(int node);
  void take_back();
  bool grow_layers(int sink, const Value& wanted, bool hasty);
  Value pull(int sink, const Value& wanted);
  Value draw(int node, const Value& wanted);

  std::vector<ArcEnds> arcs_;
  std::vector<Value> capacity_;  // by arc
  std::vector<int> port_of_;     // by arc: at its head
  std::vector<int> first_port_;  // by node, and one more
  std::vector<Port> ports_;      // sorted by the node that they are listed at
  bool built_ = false;
  std::vector<Value> supply_;        // by node
  std::vector<Value> drawn_;         // by node: of its supply
  std::vector<char> set_unlimited_;  // by node: as the caller says
  std::vector<char> unlimited_;      // and the switches that they saturate
  std::vector<char> switch_;
  bool has_switches_ = false;
  bool settled_ = false;  // unlimited_ is what it should be
  std::vector<Value>
      shortfall_;  // by switch: what it can send to the others, less what comes to it
  std::vector<int> absorbed_;
  std::vector<int> layer_;      // by node: links to the sink, or kUnseen
  std::vector<int> next_port_;  // by node: those before it lead nowhere
  std::vector<Way> way_;        // by node with a layer, but the sink
  std::vector<Value> widest_;   // by port of the sink: what one way can bring
  std::vector<int> seen_;       // nodes with a layer, nearest first
  std::vector<int> changed_ports_;
  std::vector<int> changed_supplies_;
  std::vector<Step> path_;
};

extern template class SupplyFlow<std::int64_t>;
extern template class SupplyFlow<Integer>;

}  // namespace pleach
