#include "compiler/explain/group_cuts.hpp"

#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// What more can flow, given a maximum flow: along an arc with room, against one in use.
class Residual {
 public:
  Residual(int num_nodes, const std::vector<FlowArc>& arcs, const std::vector<Integer>& flows)
      : forward_(num_nodes), backward_(num_nodes) {
    for (std::size_t i = 0; i < arcs.size(); ++i) {
      const FlowArc& arc = arcs[i];
      if (flows[i] < arc.capacity) add(arc.tail, arc.head);
      if (flows[i].sign() > 0) add(arc.head, arc.tail);
    }
  }

  [[nodiscard]] std::vector<bool> reached_from(int node) const { return search(forward_, node); }
  [[nodiscard]] std::vector<bool> reaching(int node) const { return search(backward_, node); }

 private:
  using Neighbours = std::vector<std::vector<int>>;

  void add(int from, int to) {
    forward_[from].push_back(to);
    backward_[to].push_back(from);
  }

  static std::vector<bool> search(const Neighbours& neighbours, int start) {
    std::vector<bool> found(neighbours.size());
    found[start] = true;
    for (std::vector<int> open = {start}; !open.empty();) {
      const int node = open.back();
      open.pop_back();
      for (const int other : neighbours[node]) {
        if (found[other]) continue;
        found[other] = true;
        open.push_back(other);
      }
    }
    return found;
  }

  Neighbours forward_;
  Neighbours backward_;
};

Integer more_than_all(const DemandGraph& graph) {
  Integer sum = 1;
  for (const FlowArc& arc : graph.network.arcs) sum += arc.capacity;
  return sum;
}

// Two more nodes, source and sink, with an arc to and from each compute node, closed at first.
FlowNetwork with_terminals(const DemandGraph& graph) {
  FlowNetwork network = graph.network;
  const int source = network.num_nodes++;
  const int sink = network.num_nodes++;
  for (const int node : graph.compute) {
    network.arcs.push_back({source, node, 0});
    network.arcs.push_back({node, sink, 0});
  }
  return network;
}

}  // namespace

GroupCuts::GroupCuts(const DemandGraph& graph)
    : graph_(graph),
      source_(graph.network.num_nodes),
      sink_(graph.network.num_nodes + 1),
      unbounded_(more_than_all(graph)),
      solver_(with_terminals(graph)) {}

void GroupCuts::place_terminals(const std::vector<bool>& receives) {
  int arc = static_cast<int>(graph_.network.arcs.size());
  for (const int node : graph_.compute) {
    solver_.set_capacity(arc++, receives[node] ? Integer(0) : unbounded_);
    solver_.set_capacity(arc++, receives[node] ? unbounded_ : Integer(0));
  }
}

Integer GroupCuts::least_capacity(const std::vector<bool>& receives) {
  place_terminals(receives);
  return solver_.value(source_, sink_);
}

GroupCut GroupCuts::least_cut(const std::vector<bool>& receives) {
  place_terminals(receives);
  const int num_arcs = static_cast<int>(graph_.network.arcs.size());
  std::vector<FlowArc> arcs = graph_.network.arcs;
  for (const int node : graph_.compute) {
    for (const auto& [tail, head] : {std::pair(source_, node), std::pair(node, sink_)}) {
      arcs.push_back({tail, head, solver_.capacity(static_cast<int>(arcs.size()))});
    }
  }
  const std::vector<Integer> flows = solver_.arc_flows(source_, sink_);
  GroupCut cut;
  for (std::size_t i = num_arcs; i < arcs.size(); ++i) {
    if (arcs[i].tail == source_) cut.capacity += flows[i];
  }
  const Residual residual(graph_.network.num_nodes + 2, arcs, flows);
  cut.least_receiving_side = residual.reaching(sink_);
  cut.most_receiving_side = residual.reached_from(source_);
  ENSURE(!cut.least_receiving_side[source_], "a flow that is not the greatest");
  cut.most_receiving_side.flip();
  cut.least_receiving_side.resize(graph_.network.num_nodes);
  cut.most_receiving_side.resize(graph_.network.num_nodes);
  for (int i = 0; i < num_arcs; ++i) {
    const FlowArc& arc = arcs[i];
    // Every least cut has its full arcs within the band between the two extreme ones.
    if (!cut.most_receiving_side[arc.head] || cut.least_receiving_side[arc.tail]) continue;
    if (flows[i] != arc.capacity || arc.capacity.sign() == 0) continue;
    const bool crosses_all =
        !cut.most_receiving_side[arc.tail] && cut.least_receiving_side[arc.head];
    if (crosses_all || !residual.reached_from(arc.tail)[arc.head]) cut.arcs.push_back(i);
  }
  return cut;
}

std::vector<std::vector<bool>> smallest_tight_sets(const DemandGraph& graph, const Rational& time) {
  FlowNetwork network = graph.network;
  const int source = network.num_nodes++;
  for (FlowArc& arc : network.arcs) arc.capacity *= time.num();
  for (const int node : graph.compute) {
    network.arcs.push_back({source, node, graph.weight[node] * time.den()});
  }
  MaxFlowSolver solver(network);
  std::vector<std::vector<bool>> sets;
  for (const int sink : graph.sinks) {
    const std::vector<Integer> flows = solver.arc_flows(source, sink);
    std::vector<bool> set = Residual(network.num_nodes, network.arcs, flows).reaching(sink);
    ENSURE(!set[source], "a node set that needs more time than the tightest");
    set.pop_back();
    Integer weight_outside = graph.total_weight - weight_of(graph, set);
    if (weight_outside.sign() == 0) set.clear();
    sets.push_back(std::move(set));
  }
  return sets;
}

}  // namespace pleach
