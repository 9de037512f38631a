#include "compiler/passes/allreduce_limit.hpp"

#include <algorithm>
#include <utility>

#include "compiler/graph/max_flow.hpp"

namespace pleach {
namespace {

using Part = std::vector<bool>;  // by node

FlowNetwork reversed(FlowNetwork network) {
  for (FlowArc& arc : network.arcs) std::swap(arc.tail, arc.head);
  return network;
}

// The least cut between any two compute nodes: from the first one to another (others are merged
// into the source once done), and the other way round on the reversed network.
MaxFlow least_splitting_cut(const DemandGraph& gather, std::int64_t& max_flows) {
  Integer unbounded = 1;
  for (const FlowArc& arc : gather.network.arcs) unbounded += arc.capacity;
  MaxFlow least{unbounded, {}};
  for (const bool backward : {false, true}) {
    FlowNetwork network = backward ? reversed(gather.network) : gather.network;
    MaxFlowSolver solver(network);
    const int first = gather.compute.front();
    for (std::size_t rank = 1; rank < gather.compute.size(); ++rank) {
      const int sink = gather.compute[rank];
      MaxFlow flow = solver.solve(first, sink);
      ++max_flows;
      if (flow.value < least.value) {
        if (backward) flow.source_side.flip();
        least = std::move(flow);
      }
      solver.add_arc({first, sink, unbounded});
    }
  }
  return least;
}

// For each compute node a smallest-capacity set around it at the all-gather's rate; sets that
// share a compute node are joined, since where both are tight their union is tight as well.
std::vector<Part> parts_around_tight_cuts(const DemandGraph& gather,
                                          const Rational& gather_algbw,
                                          std::int64_t& max_flows) {
  const Rational time = gather.unit * gather.total_weight / gather_algbw;
  FlowNetwork network = gather.network;
  const int source = network.num_nodes++;
  for (FlowArc& arc : network.arcs) arc.capacity *= time.num();
  for (const int node : gather.compute) network.arcs.push_back({source, node, time.den()});
  MaxFlowSolver solver(network);
  std::vector<Part> parts;
  for (const int node : gather.compute) {
    if (std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part[node]; })) {
      continue;
    }
    ++max_flows;
    Part part = solver.solve(source, node).source_side;
    part.pop_back();
    part.flip();
    const auto shares_compute_node = [&](const Part& other) {
      return std::any_of(gather.compute.begin(), gather.compute.end(),
                         [&](int shared) { return part[shared] && other[shared]; });
    };
    for (auto other = parts.begin(); other != parts.end();) {
      if (shares_compute_node(*other)) {
        for (std::size_t i = 0; i < part.size(); ++i) part[i] = part[i] || (*other)[i];
        other = parts.erase(other);
      } else {
        ++other;
      }
    }
    parts.push_back(std::move(part));
  }
  // Parts are disjoint on compute nodes; a switch in two of them stays with the first.
  Part taken(gather.network.num_nodes);
  for (Part& part : parts) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      part[i] = part[i] && !taken[i];
      taken[i] = taken[i] || part[i];
    }
  }
  return parts;
}

std::vector<Part> single_nodes(const DemandGraph& gather) {
  std::vector<Part> parts;
  for (const int node : gather.compute) {
    parts.emplace_back(gather.network.num_nodes);
    parts.back()[node] = true;
  }
  return parts;
}

// In units of capacity.
Rational limit_of(const DemandGraph& gather, const std::vector<Part>& parts) {
  Integer entering = 0;
  Integer leaving = 0;
  for (const Part& part : parts) {
    Part outside = part;
    outside.flip();
    leaving += capacity_leaving(gather, part);
    entering += capacity_leaving(gather, outside);
  }
  const Integer crossings = 2 * (static_cast<std::int64_t>(parts.size()) - 1);
  return {std::min(entering, leaving), crossings};
}

std::vector<NodeId> nodes_of(const std::vector<bool>& set) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  return nodes;
}

}  // namespace

Cut cut_of(const DemandGraph& graph, const std::vector<bool>& set) {
  Cut cut{nodes_of(set), 0, graph.unit * capacity_leaving(graph, set)};
  for (const int node : graph.compute) cut.compute_nodes += set[node] ? 1 : 0;
  return cut;
}

AllReduceLimit allreduce_limit(const DemandGraph& gather, const Rational& gather_algbw) {
  AllReduceLimit limit;
  const MaxFlow least = least_splitting_cut(gather, limit.max_flows);
  limit.algbw = gather.unit * least.value;
  limit.cut = cut_of(gather, least.source_side);
  for (const auto& parts :
       {single_nodes(gather), parts_around_tight_cuts(gather, gather_algbw, limit.max_flows)}) {
    if (parts.size() < 2) continue;
    const Rational algbw = gather.unit * limit_of(gather, parts);
    if (algbw < limit.algbw) {
      limit.algbw = algbw;
      limit.parts.clear();
      for (const Part& part : parts) limit.parts.push_back(nodes_of(part));
    }
  }
  return limit;
}

}  // namespace pleach
