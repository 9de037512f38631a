#include "compiler/passes/tightest_cut.hpp"

#include <algorithm>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/graph/max_flow.hpp"
#include "compiler/passes/tighten_cut.hpp"

namespace pleach {
namespace {

Rational time_of(const DemandGraph& graph, const std::vector<bool>& set) {
  const Integer capacity = capacity_leaving(graph, set);
  ENSURE(capacity.sign() > 0, "a compute node is cut off from the others");
  return {weight_of(graph, set), capacity};
}

// Everything but one sink, for the sink where that takes longest.
std::vector<bool> tightest_single(const DemandGraph& graph) {
  std::vector<bool> tightest;
  Rational longest = -1;
  for (const int sink : graph.sinks) {
    std::vector<bool> others(graph.network.num_nodes, true);
    others[sink] = false;
    const Rational time = time_of(graph, others);
    if (time > longest) {
      longest = time;
      tightest = std::move(others);
    }
  }
  return tightest;
}

// The graph and a super source, with a time p/q turned into whole capacities: links carry p times
// their capacity, source arcs q times the weight. A sink has enough time exactly when q times the
// total weight reaches it.
class TimedNetwork {
 public:
  explicit TimedNetwork(const DemandGraph& graph)
      : graph_(graph), source_(graph.network.num_nodes), solver_(with_source(graph)) {}

  void set_time(const Rational& time) {
    demand_ = graph_.total_weight * time.den();
    const auto& arcs = graph_.network.arcs;
    const int num_arcs = static_cast<int>(arcs.size());
    for (int arc = 0; arc < num_arcs; ++arc) {
      solver_.set_capacity(arc, arcs[arc].capacity * time.num());
    }
    for (int node = 0; node < source_; ++node) {
      solver_.set_capacity(num_arcs + node,
                           merged_[node] ? unbounded() : graph_.weight[node] * time.den());
    }
  }

  // From now on only cuts with `node` on the source side count.
  void merge(int node) {
    merged_[node] = true;
    solver_.set_capacity(static_cast<int>(graph_.network.arcs.size()) + node, unbounded());
  }

  // A node set that needs more than the time to feed `sink`; empty when there is none.
  std::vector<bool> violated_cut(int sink) {
    ++max_flows_;
    MaxFlow flow = solver_.solve(source_, sink);
    if (flow.value >= demand_) return {};
    flow.source_side.pop_back();  // the super source
    return std::move(flow.source_side);
  }

  [[nodiscard]] std::int64_t max_flows() const { return max_flows_; }

 private:
  static FlowNetwork with_source(const DemandGraph& graph) {
    FlowNetwork network = graph.network;
    const int source = network.num_nodes++;
    for (int node = 0; node < source; ++node) network.arcs.push_back({source, node, 0});
    return network;
  }

  // A cut through such an arc is never below the demand.
  [[nodiscard]] Integer unbounded() const { return demand_ + 1; }

  const DemandGraph& graph_;
  int source_;
  MaxFlowSolver solver_;
  Integer demand_;
  std::vector<bool> merged_ = std::vector<bool>(graph_.network.num_nodes);
  std::int64_t max_flows_ = 0;
};

}  // namespace

TightestCut tightest_cut(const DemandGraph& graph) {
  TightestCut result{tightened(graph, tightest_single(graph)), {}, 0};
  result.time = time_of(graph, result.set);
  TimedNetwork network(graph);
  network.set_time(result.time);
  Integer merged_weight = 0;
  for (const int sink : graph.sinks) {
    // A later cut at the same sink holds strictly less weight than the one before it (both maximise
    // weight - capacity * time, the later one for more time), and all hold the merged sinks.
    const Integer least_weight = std::max(merged_weight, Integer(1));
    bool may_be_tighter = true;
    while (may_be_tighter) {
      std::vector<bool> cut = network.violated_cut(sink);
      if (cut.empty()) break;
      ENSURE(time_of(graph, cut) > result.time, "a Newton step that gains nothing");
      may_be_tighter = weight_of(graph, cut) > least_weight;
      result.set = tightened(graph, std::move(cut));
      result.time = time_of(graph, result.set);
      network.set_time(result.time);
    }
    network.merge(sink);
    merged_weight += graph.weight[sink];
  }
  result.max_flows = network.max_flows();
  return result;
}

}  // namespace pleach
