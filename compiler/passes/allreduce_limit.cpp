#include "compiler/passes/allreduce_limit.hpp"

#include <algorithm>
#include <utility>

#include "compiler/graph/supply_flow_solver.hpp"

namespace pleach {
namespace {

// Disjoint node sets, numbered from 0.
struct Partition {
  static constexpr int kNone = -1;
  std::vector<int> part_of;  // by node, or kNone
  int num_parts = 0;
};

struct SplittingCut {
  Integer capacity;
  std::vector<bool> source_side;
};

FlowNetwork reversed(FlowNetwork network) {
  for (FlowArc& arc : network.arcs) std::swap(arc.tail, arc.head);
  return network;
}

// The least cut between any two compute nodes: from the first one to another (others are merged
// into the source once done), and the other way round on the reversed network. A flow that is no
// less than the least so far is not followed to its end.
SplittingCut least_splitting_cut(const DemandGraph& gather, std::int64_t& max_flows) {
  SplittingCut least{1, std::vector<bool>(gather.network.num_nodes)};
  for (const FlowArc& arc : gather.network.arcs) least.capacity += arc.capacity;
  for (const bool backward : {false, true}) {
    SupplyFlowSolver flow(backward ? reversed(gather.network) : gather.network);
    flow.set_unlimited(gather.compute.front(), true);
    for (std::size_t rank = 1; rank < gather.compute.size(); ++rank) {
      const int sink = gather.compute[rank];
      Integer arrived = flow.into(sink, least.capacity);
      ++max_flows;
      if (arrived < least.capacity) {
        least.capacity = std::move(arrived);
        for (int node = 0; node < gather.network.num_nodes; ++node) {
          least.source_side[node] = flow.on_sink_side(node) == backward;
        }
      }
      flow.set_unlimited(sink, true);
    }
  }
  return least;
}

// For each compute node the smallest set around it that is tight at the all-gather's rate; sets
// that share a compute node are joined, since where both are tight their union is tight as well.
Partition tight_parts(const DemandGraph& gather,
                      const Rational& gather_algbw,
                      std::int64_t& max_flows) {
  const Rational time = gather.unit * gather.total_weight / gather_algbw;
  FlowNetwork network = gather.network;
  for (FlowArc& arc : network.arcs) arc.capacity *= time.num();
  SupplyFlowSolver flow(network);
  for (const int node : gather.compute) flow.set_supply(node, time.den());
  const Integer all = gather.total_weight * time.den();

  const int num_nodes = gather.network.num_nodes;
  std::vector<std::vector<int>> parts;
  std::vector<int> part_of(num_nodes, Partition::kNone);  // of compute nodes
  std::vector<bool> is_compute(num_nodes);
  for (const int node : gather.compute) is_compute[node] = true;
  for (const int node : gather.compute) {
    if (part_of[node] != Partition::kNone) continue;
    ++max_flows;
    // One more than there is: what is tight around the node is what holds it up.
    [[maybe_unused]] const Integer arrived = flow.into(node, all + 1);
    const int part = static_cast<int>(parts.size());
    std::vector<int> members;
    const auto add = [&](int member) {
      members.push_back(member);
      if (is_compute[member]) part_of[member] = part;
    };
    for (int member = 0; member < num_nodes; ++member) {
      if (!flow.on_sink_side(member)) continue;
      const int other = part_of[member];
      add(member);
      if (other == Partition::kNone || other == part) continue;
      for (const int joined : std::exchange(parts[other], {})) add(joined);
    }
    parts.push_back(std::move(members));
  }
  // Parts are disjoint on compute nodes; a switch in two of them stays with the first.
  Partition result{std::vector<int>(num_nodes, Partition::kNone), 0};
  for (const std::vector<int>& members : parts) {
    if (members.empty()) continue;
    for (const int node : members) {
      if (result.part_of[node] == Partition::kNone) result.part_of[node] = result.num_parts;
    }
    ++result.num_parts;
  }
  return result;
}

Partition single_nodes(const DemandGraph& gather) {
  Partition result{std::vector<int>(gather.network.num_nodes, Partition::kNone), 0};
  for (const int node : gather.compute) result.part_of[node] = result.num_parts++;
  return result;
}

// In units of capacity.
Rational limit_of(const DemandGraph& gather, const Partition& partition) {
  Integer entering = 0;
  Integer leaving = 0;
  for (const FlowArc& arc : gather.network.arcs) {
    const int tail = partition.part_of[arc.tail];
    const int head = partition.part_of[arc.head];
    if (tail == head) continue;
    if (tail != Partition::kNone) leaving += arc.capacity;
    if (head != Partition::kNone) entering += arc.capacity;
  }
  return {std::min(entering, leaving), 2 * (partition.num_parts - 1)};
}

std::vector<std::vector<NodeId>> sets_of(const Partition& partition) {
  std::vector<std::vector<NodeId>> sets(partition.num_parts);
  for (std::size_t node = 0; node < partition.part_of.size(); ++node) {
    const int part = partition.part_of[node];
    if (part != Partition::kNone) sets[part].push_back(static_cast<NodeId>(node));
  }
  return sets;
}

// Takes the partition as the limit's witness if it proves a lower one.
void look_at(const Partition& partition, const DemandGraph& gather, AllReduceLimit& limit) {
  if (partition.num_parts < 2) return;
  const Rational algbw = gather.unit * limit_of(gather, partition);
  if (algbw >= limit.algbw) return;
  limit.algbw = algbw;
  limit.parts = sets_of(partition);
}

// The receiving sides of the proof's cuts, the smallest first, without those that share a compute
// node with an earlier one; what is left of the compute nodes is one part more.
Partition disjoint_parts(const DemandGraph& gather, const Achievable& proof) {
  std::vector<bool> is_compute(gather.network.num_nodes);
  for (const int node : gather.compute) is_compute[node] = true;
  std::vector<std::vector<int>> sets;
  for (const WeightedCut& cut : proof.cuts) {
    std::vector<bool> inside(gather.network.num_nodes, true);
    for (const NodeId node : cut.nodes) inside[index(node)] = false;
    std::vector<int>& set = sets.emplace_back();
    for (int node = 0; node < gather.network.num_nodes; ++node) {
      if (inside[node]) set.push_back(node);
    }
  }
  std::ranges::stable_sort(sets, {}, &std::vector<int>::size);
  Partition result{std::vector<int>(gather.network.num_nodes, Partition::kNone), 0};
  const auto is_taken = [&](int node) {
    return is_compute[node] && result.part_of[node] != Partition::kNone;
  };
  const auto add = [&](const std::vector<int>& set) {
    for (const int node : set) {
      if (result.part_of[node] == Partition::kNone) result.part_of[node] = result.num_parts;
    }
    ++result.num_parts;
  };
  for (const std::vector<int>& set : sets) {
    if (std::ranges::none_of(set, is_taken)) add(set);
  }
  std::vector<int> left;
  for (const int node : gather.compute) {
    if (!is_taken(node)) left.push_back(node);
  }
  if (!left.empty()) add(left);
  return result;
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

void tighten_limit(AllReduceLimit& limit,
                   const DemandGraph& gather,
                   const Optimum& divided,
                   const Achievable& proof) {
  if (limit.algbw * 2 == divided.algbw()) return;
  look_at(tight_parts(divided.demand, divided.algbw(), limit.max_flows), gather, limit);
  look_at(disjoint_parts(gather, proof), gather, limit);
}

AllReduceLimit allreduce_limit(const DemandGraph& gather,
                               const Rational& gather_algbw,
                               const Rational& reached) {
  AllReduceLimit limit;
  const SplittingCut least = least_splitting_cut(gather, limit.max_flows);
  limit.algbw = gather.unit * least.capacity;
  limit.cut = cut_of(gather, least.source_side);
  look_at(single_nodes(gather), gather, limit);
  if (limit.algbw > reached) {
    look_at(tight_parts(gather, gather_algbw, limit.max_flows), gather, limit);
  }
  return limit;
}

}  // namespace pleach
