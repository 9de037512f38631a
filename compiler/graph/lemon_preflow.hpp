// LEMON's Preflow behind a few plain calls.
//
// LEMON 1.3.1 does not compile as C++20, so its adapter is built as C++17 and this header keeps to
// that. Only max_flow.cpp includes it.
#pragma once

#include <memory>

namespace pleach::graph {

// Highest-label push-relabel (Goldberg & Tarjan 1988), O(n^2 sqrt(m)) operations.
//
// It pushes from the sink along reversed arcs. A push-relabel run starts by saturating all arcs of
// its start, and our networks have a start that reaches nearly every node (the super source) and a
// sink with few arcs: from the sink, the work stays near it.
//
// Value: std::int64_t (needs: the sum of all capacities fits) or multiprecision.
template <class Value>
class LemonPreflow {
 public:
  explicit LemonPreflow(int num_nodes);
  ~LemonPreflow();

  int add_arc(int tail, int head, const Value& capacity);  // arcs are numbered 0, 1, …
  void set_capacity(int arc, const Value& capacity);

  // The value and the cut of a maximum flow.
  Value run(int source, int sink);
  // The same, and the flow on each arc.
  Value run_with_flows(int source, int sink);
  // Of the last run: whether `node` is on the source side of a minimum cut.
  bool on_source_side(int node) const;
  // Of the last run_with_flows.
  Value flow(int arc) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pleach::graph
