// C++17 (see the header).
#include "compiler/graph/lemon_preflow.hpp"

#include <cstdint>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <lemon/preflow.h>
#include <lemon/smart_graph.h>

namespace pleach::graph {

template <class Value>
struct LemonPreflow<Value>::State {
  using Graph = lemon::SmartDigraph;
  using Capacities = Graph::ArcMap<Value>;

  explicit State(int num_nodes) : capacities(graph) {
    graph.reserveNode(num_nodes);
    for (int i = 0; i < num_nodes; ++i) graph.addNode();
  }

  // Sets the ends for the next run; reversed, as the arcs are.
  lemon::Preflow<Graph, Capacities>& prepare(int source, int sink) {
    const auto start = graph.nodeFromId(sink);
    const auto target = graph.nodeFromId(source);
    if (!preflow) {
      preflow =
          std::make_unique<lemon::Preflow<Graph, Capacities>>(graph, capacities, start, target);
    }
    preflow->source(start).target(target);
    return *preflow;
  }

  Graph graph;  // every arc reversed
  Capacities capacities;
  // Made by the first run and kept: its maps follow arcs that are added later.
  std::unique_ptr<lemon::Preflow<Graph, Capacities>> preflow;
};

template <class Value>
LemonPreflow<Value>::LemonPreflow(int num_nodes) : state_(std::make_unique<State>(num_nodes)) {}

template <class Value>
LemonPreflow<Value>::~LemonPreflow() = default;

template <class Value>
int LemonPreflow<Value>::add_arc(int tail, int head, const Value& capacity) {
  auto& graph = state_->graph;
  const auto arc = graph.addArc(graph.nodeFromId(head), graph.nodeFromId(tail));
  state_->capacities[arc] = capacity;
  return graph.id(arc);
}

template <class Value>
void LemonPreflow<Value>::set_capacity(int arc, const Value& capacity) {
  state_->capacities[state_->graph.arcFromId(arc)] = capacity;
}

template <class Value>
Value LemonPreflow<Value>::run(int source, int sink) {
  auto& preflow = state_->prepare(source, sink);
  preflow.runMinCut();
  return preflow.flowValue();
}

template <class Value>
Value LemonPreflow<Value>::run_with_flows(int source, int sink) {
  auto& preflow = state_->prepare(source, sink);
  preflow.run();
  return preflow.flowValue();
}

template <class Value>
Value LemonPreflow<Value>::flow(int arc) const {
  return state_->preflow->flow(state_->graph.arcFromId(arc));
}

template <class Value>
bool LemonPreflow<Value>::on_source_side(int node) const {
  return !state_->preflow->minCut(state_->graph.nodeFromId(node));
}

template class LemonPreflow<std::int64_t>;
template class LemonPreflow<boost::multiprecision::cpp_int>;

}  // namespace pleach::graph
