#include "compiler/explain/crossings.hpp"

#include <algorithm>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;  // by node

NodeSet senders(NodeSet side, bool receives) {
  if (receives) side.flip();
  return side;
}

NodeSet nearest_side(const Candidate& candidate, const GroupCut& cut) {
  NodeSet side = candidate.receives ? cut.least_receiving_side : cut.most_receiving_side;
  if (!candidate.receives) side.flip();
  return side;
}

NodeSet box_side(const DemandGraph& graph, const Candidate& candidate, const GroupCut& cut) {
  const NodeSet nearest = nearest_side(candidate, cut);
  NodeSet box(nearest.size());
  NodeSet useful = nearest;
  for (const NodeId node : candidate.place.nodes) {
    box[index(node)] = true;
    // On its side in some least cut at all.
    if (cut.most_receiving_side[index(node)] == candidate.receives ||
        cut.least_receiving_side[index(node)] == candidate.receives) {
      useful[index(node)] = true;
    }
  }
  for (const NodeSet& side : {box, useful}) {
    if (capacity_leaving(graph, senders(side, candidate.receives)) == cut.capacity) return side;
  }
  return nearest;
}

std::vector<NodeId> nodes_in(const NodeSet& set) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  return nodes;
}

bool is_mirrored(Collective collective) {
  return collective == Collective::ReduceScatter || collective == Collective::Reduce;
}

}  // namespace

Crossings::Crossings(const Topology& topology, Collective collective, int root)
    : topology_(topology),
      collective_(collective),
      graph_(demand_graph(topology, collective, root)),
      cuts_(graph_) {}

std::vector<bool> Crossings::receivers_of(const Candidate& candidate) const {
  NodeSet receivers(topology_.num_nodes());
  for (const NodeId rank : topology_.ranks) receivers[index(rank)] = !candidate.receives;
  for (const NodeId gpu : candidate.place.gpus) receivers[index(gpu)] = candidate.receives;
  return receivers;
}

bool Crossings::limits_something(const std::vector<bool>& receivers) const {
  return std::ranges::any_of(graph_.sinks, [&](int sink) { return receivers[sink]; }) &&
         weight_of(graph_, receivers) < graph_.total_weight;
}

Rational Crossings::rate_of(const Candidate& candidate) {
  const NodeSet receivers = receivers_of(candidate);
  const Integer weight = graph_.total_weight - weight_of(graph_, receivers);
  const Integer capacity = cuts_.least_capacity(receivers);
  return graph_.unit * Rational(capacity * graph_.total_weight, weight);
}

Crossing Crossings::crossing_of(const Candidate& candidate) {
  const GroupCut cut = cuts_.least_cut(receivers_of(candidate));
  const NodeSet side = candidate.place.kind == PlaceKind::Box ? box_side(graph_, candidate, cut)
                                                              : nearest_side(candidate, cut);
  const bool enters = candidate.receives != is_mirrored(collective_);
  Crossing crossing;
  crossing.place = candidate.place;
  crossing.apart_from_root = has_root(collective_) && candidate.receives;
  crossing.direction = enters ? Direction::Entering : Direction::Leaving;
  crossing.nodes = nodes_in(side);
  for (std::size_t i = 0; i < topology_.links.size(); ++i) {
    const Link& link = topology_.links[i];
    const NodeId near = enters ? link.to : link.from;
    const NodeId far = enters ? link.from : link.to;
    if (!side[index(near)] || side[index(far)]) continue;
    crossing.links.push_back(static_cast<LinkId>(i));
    crossing.capacity += link.bandwidth.gigabytes_per_second;
  }
  ENSURE(crossing.capacity == graph_.unit * cut.capacity, "a cut that is not the flow's");
  for (const int arc : cut.arcs) {
    const auto link = static_cast<LinkId>(arc);
    if (!std::ranges::binary_search(crossing.links, link)) crossing.in_series.push_back(link);
  }
  const Integer weight = weight_of(graph_, senders(side, candidate.receives));
  if (!has_root(collective_)) crossing.shards = static_cast<int>(weight.int64());
  crossing.share = Rational(weight, graph_.total_weight);
  crossing.algbw = crossing.capacity / crossing.share;
  return crossing;
}

}  // namespace pleach
