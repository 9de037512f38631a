#include "compiler/passes/tightest_cut.hpp"

#include <algorithm>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/graph/supply_flow_solver.hpp"
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
  std::vector<Integer> entering(graph.network.num_nodes);
  for (const FlowArc& arc : graph.network.arcs) entering[arc.head] += arc.capacity;
  int tightest = -1;
  Rational longest = -1;
  for (const int sink : graph.sinks) {
    ENSURE(entering[sink].sign() > 0, "a compute node is cut off from the others");
    const Rational time(graph.total_weight - graph.weight[sink], entering[sink]);
    if (time <= longest) continue;
    longest = time;
    tightest = sink;
  }
  std::vector<bool> others(graph.network.num_nodes, true);
  others[tightest] = false;
  return others;
}

// The graph with a time p/q turned into whole capacities: links carry p times their capacity, and
// each node supplies q times its weight. A sink has enough time exactly when q times the total
// weight reaches it.
class TimedNetwork {
 public:
  explicit TimedNetwork(const DemandGraph& graph) : graph_(graph), flow_(graph.network) {
    std::vector<bool> is_sink(graph.network.num_nodes);
    for (const int sink : graph.sinks) is_sink[sink] = true;
    for (int node = 0; node < graph.network.num_nodes; ++node) {
      if (!is_sink[node]) flow_.set_switch(node);
    }
  }

  void set_time(const Rational& time) {
    demand_ = graph_.total_weight * time.den();
    const auto& arcs = graph_.network.arcs;
    for (std::size_t arc = 0; arc < arcs.size(); ++arc) {
      flow_.set_capacity(static_cast<int>(arc), arcs[arc].capacity * time.num());
    }
    for (const int node : graph_.compute) {
      flow_.set_supply(node, graph_.weight[node] * time.den());
    }
  }

  // From now on only cuts with `node` on the source side count.
  void merge(int node) { flow_.set_unlimited(node, true); }

  // A node set that needs more than the time to feed `sink`; empty when there is none.
  std::vector<bool> violated_cut(int sink) {
    ++max_flows_;
    if (flow_.into(sink, demand_) == demand_) return {};
    std::vector<bool> source_side(graph_.network.num_nodes);
    for (int node = 0; node < graph_.network.num_nodes; ++node) {
      source_side[node] = !flow_.on_sink_side(node);
    }
    return source_side;
  }

  [[nodiscard]] std::int64_t max_flows() const { return max_flows_; }

 private:
  const DemandGraph& graph_;
  SupplyFlowSolver flow_;
  Integer demand_;
  std::int64_t max_flows_ = 0;
};

}  // namespace

TightestCut tightest_cut(const DemandGraph& graph, const Progress& progress) {
  TightestCut result{tightened(graph, tightest_single(graph)), {}, 0};
  result.time = time_of(graph, result.set);
  TimedNetwork network(graph);
  network.set_time(result.time);
  Integer merged_weight = 0;
  std::int64_t asked = 0;
  for (const int sink : graph.sinks) {
    report(progress, {"bound", asked++, static_cast<std::int64_t>(graph.sinks.size())});
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
