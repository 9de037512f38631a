#include "compiler/passes/feasibility.hpp"

#include <algorithm>

namespace pleach {
FeasibilityChecker::FeasibilityChecker(const DemandGraph& graph)
    : num_nodes_(graph.network.num_nodes),
      sinks_(graph.sinks),
      total_weight_(graph.total_weight),
      flow_(graph.network) {
  for (const int node : graph.compute) flow_.set_supply(node, graph.weight[node]);
}

template <class Visit>
bool FeasibilityChecker::sweep(Visit visit) {
  std::size_t asked = 0;
  bool go_on = true;
  for (; go_on && asked < sinks_.size(); ++asked) {
    go_on = visit(sinks_[asked]);
    flow_.set_unlimited(sinks_[asked], true);
  }
  for (std::size_t i = 0; i < asked; ++i) flow_.set_unlimited(sinks_[i], false);
  return go_on;
}

Integer FeasibilityChecker::missing(int sink) {
  return total_weight_ - flow_.into(sink, total_weight_);
}

std::vector<bool> FeasibilityChecker::source_side() const {
  std::vector<bool> side(num_nodes_);
  for (int node = 0; node < num_nodes_; ++node) side[node] = !flow_.on_sink_side(node);
  return side;
}

bool FeasibilityChecker::feasible() {
  return sweep([&](int sink) { return missing(sink).sign() == 0; });
}

std::vector<bool> FeasibilityChecker::violated_cut() {
  std::vector<bool> violated;
  sweep([&](int sink) {
    if (missing(sink).sign() == 0) return true;
    violated = source_side();
    return false;
  });
  return violated;
}

std::vector<std::vector<bool>> FeasibilityChecker::violated_cuts() {
  std::vector<std::vector<bool>> violated;
  sweep([&](int sink) {
    if (missing(sink).sign() > 0) violated.push_back(source_side());
    return true;
  });
  return violated;
}

Integer FeasibilityChecker::shortfall() {
  Integer worst = 0;
  sweep([&](int sink) {
    worst = std::max(worst, missing(sink));
    return true;
  });
  return worst;
}

}  // namespace pleach
