#include "compiler/passes/feasibility.hpp"

#include <utility>

namespace pleach {
namespace {

FlowNetwork with_source(const DemandGraph& graph) {
  FlowNetwork network = graph.network;
  const int source = network.num_nodes++;
  for (const int node : graph.compute) {
    network.arcs.push_back({source, node, graph.weight[node]});
  }
  return network;
}

}  // namespace

FeasibilityChecker::FeasibilityChecker(const DemandGraph& graph)
    : sinks_(graph.sinks),
      weight_(graph.weight),
      total_weight_(graph.total_weight),
      source_(graph.network.num_nodes),
      source_arc_(graph.network.num_nodes, -1),
      solver_(with_source(graph)) {
  int arc = static_cast<int>(graph.network.arcs.size());
  for (const int node : graph.compute) source_arc_[node] = arc++;
}

int FeasibilityChecker::add_arc(int tail, int head) { return solver_.add_arc({tail, head, 0}); }

template <class Visit>
bool FeasibilityChecker::sweep(Visit visit) {
  const Integer unbounded = total_weight_ + 1;
  std::size_t asked = 0;
  bool go_on = true;
  for (; go_on && asked < sinks_.size(); ++asked) {
    go_on = visit(sinks_[asked]);
    solver_.set_capacity(source_arc_[sinks_[asked]], unbounded);
  }
  for (std::size_t i = 0; i < asked; ++i) {
    solver_.set_capacity(source_arc_[sinks_[i]], weight_[sinks_[i]]);
  }
  return go_on;
}

bool FeasibilityChecker::feasible() {
  return sweep([&](int sink) { return solver_.value(source_, sink) >= total_weight_; });
}

std::vector<bool> FeasibilityChecker::violated_cut() {
  std::vector<bool> violated;
  sweep([&](int sink) {
    MaxFlow flow = solver_.solve(source_, sink);
    if (flow.value >= total_weight_) return true;
    violated = std::move(flow.source_side);
    violated.pop_back();  // the super source
    return false;
  });
  return violated;
}

std::vector<std::vector<bool>> FeasibilityChecker::violated_cuts() {
  std::vector<std::vector<bool>> violated;
  sweep([&](int sink) {
    MaxFlow flow = solver_.solve(source_, sink);
    if (flow.value >= total_weight_) return true;
    flow.source_side.pop_back();  // the super source
    violated.push_back(std::move(flow.source_side));
    return true;
  });
  return violated;
}

Integer FeasibilityChecker::shortfall() {
  Integer worst = 0;
  sweep([&](int sink) {
    const Integer missing = total_weight_ - solver_.value(source_, sink);
    if (missing > worst) worst = missing;
    return true;
  });
  return worst;
}

}  // namespace pleach
