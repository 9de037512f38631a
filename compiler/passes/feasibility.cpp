#include "compiler/passes/feasibility.hpp"

#include <algorithm>

namespace pleach {
FeasibilityChecker::FeasibilityChecker(const DemandGraph& graph)
    : num_nodes_(graph.network.num_nodes),
      compute_(graph.compute),
      sinks_(graph.sinks),
      graph_weight_(graph.weight),
      graph_total_weight_(graph.total_weight),
      flow_(graph.network) {
  std::vector<bool> is_sink(num_nodes_);
  for (const int sink : sinks_) is_sink[sink] = true;
  for (int node = 0; node < num_nodes_; ++node) {
    if (!is_sink[node]) flow_.set_switch(node);
  }
  set_weights(1);
}

void FeasibilityChecker::set_weights(const Integer& factor) {
  total_weight_ = graph_total_weight_ * factor;
  for (const int node : compute_) flow_.set_supply(node, graph_weight_[node] * factor);
}

template <class Visit>
std::size_t FeasibilityChecker::sweep(std::size_t first, Visit visit) {
  for (std::size_t i = 0; i < first; ++i) flow_.set_unlimited(sinks_[i], true);
  std::size_t asked = first;
  while (asked < sinks_.size() && visit(sinks_[asked])) {
    flow_.set_unlimited(sinks_[asked++], true);
  }
  for (std::size_t i = 0; i < asked; ++i) flow_.set_unlimited(sinks_[i], false);
  return asked;
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
  return sweep(0, [&](int sink) { return missing(sink).sign() == 0; }) == sinks_.size();
}

std::vector<bool> FeasibilityChecker::violated_cut() {
  std::size_t first = 0;
  return violated_cut(first);
}

std::vector<bool> FeasibilityChecker::violated_cut(std::size_t& first) {
  std::vector<bool> violated;
  first = sweep(first, [&](int sink) {
    if (missing(sink).sign() == 0) return true;
    violated = source_side();
    return false;
  });
  return violated;
}

std::vector<std::vector<bool>> FeasibilityChecker::violated_cuts() {
  std::vector<std::vector<bool>> violated;
  sweep(0, [&](int sink) {
    if (missing(sink).sign() > 0) violated.push_back(source_side());
    return true;
  });
  return violated;
}

Integer FeasibilityChecker::shortfall() {
  Integer worst = 0;
  sweep(0, [&](int sink) {
    worst = std::max(worst, missing(sink));
    return true;
  });
  return worst;
}

std::vector<std::vector<bool>> violated_cuts(const DemandGraph& graph,
                                             const std::vector<Rational>& capacity,
                                             const Rational& rate) {
  DemandGraph scaled = with_capacities(graph, capacity);
  const Rational per_weight = rate * graph.unit / scaled.unit;  // in units of `scaled`
  for (FlowArc& arc : scaled.network.arcs) arc.capacity *= per_weight.den();
  for (Integer& weight : scaled.weight) weight *= per_weight.num();
  scaled.total_weight *= per_weight.num();
  return FeasibilityChecker(scaled).violated_cuts();
}

}  // namespace pleach
