#include "compiler/explain/find_limits.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/explain/compare_peers.hpp"
#include "compiler/explain/group_cuts.hpp"
#include "compiler/explain/id_ranges.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/tightest_cut.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;  // by node

// A place and the side of the cut that it is: the receiving one in the demand graph, or the
// sending.
struct Candidate {
  Place place;
  bool receives = true;
};

std::vector<NodeId> nodes_in(const NodeSet& set) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  return nodes;
}

NodeSet set_of(const std::vector<NodeId>& nodes, std::size_t num_nodes) {
  NodeSet set(num_nodes);
  for (const NodeId node : nodes) set[index(node)] = true;
  return set;
}

class LimitFinder {
 public:
  LimitFinder(const Topology& topology, Collective collective, int root)
      : topology_(topology),
        collective_(collective),
        graph_(demand_graph(topology, collective, root)),
        mirrored_(collective == Collective::ReduceScatter || collective == Collective::Reduce),
        time_(tightest_cut(graph_).time),
        cuts_(graph_) {}

  FlowLimits find() {
    add_places();
    add_tight_sets();
    FlowLimits limits;
    limits.collective = collective_;
    limits.algbw = rate_of(time_);
    limits.trees_per_root = time_.den();
    limits.places_examined = candidates_.size();
    sort_into(limits);
    limits.comparison = compare_with_peers(topology_, limits.bottleneck, all_classes_);
    return limits;
  }

 private:
  [[nodiscard]] Rational rate_of(const Rational& time) const {
    return graph_.unit * graph_.total_weight / time;
  }

  // The compute nodes on the receiving side, by node.
  [[nodiscard]] NodeSet receivers_of(const Candidate& candidate) const {
    NodeSet receivers(topology_.num_nodes());
    for (const NodeId rank : topology_.ranks) receivers[index(rank)] = !candidate.receives;
    for (const NodeId gpu : candidate.place.gpus) receivers[index(gpu)] = candidate.receives;
    return receivers;
  }

  [[nodiscard]] bool limits_something(const NodeSet& receivers) const {
    return std::ranges::any_of(graph_.sinks, [&](int sink) { return receivers[sink]; }) &&
           weight_of(graph_, receivers) < graph_.total_weight;
  }

  // A box that lost a GPU is still one of the boxes; a box of another name may be anything.
  using PeerKey = std::tuple<PlaceKind, int, std::size_t, std::string, bool>;
  static PeerKey peer_key(const Candidate& candidate) {
    const Place& place = candidate.place;
    const bool box = place.kind == PlaceKind::Box;
    return {place.kind, place.level, box ? 0 : place.gpus.size(),
            box ? id_pattern(place.name) : std::string(), candidate.receives};
  }

  // Each split of the compute nodes once, under its first name.
  void add(Candidate candidate) {
    NodeSet receivers = receivers_of(candidate);
    if (!limits_something(receivers)) return;
    const Place& place = candidate.place;
    const bool is_new = seen_.insert(std::move(receivers)).second;
    // A place whose split has another name already is still a peer of its kind.
    if (is_new || place.kind != PlaceKind::Other) {
      ++peers_[peer_key(candidate)];
    }
    if (is_new) candidates_.push_back(std::move(candidate));
  }

  void add_places() {
    const std::vector<Place> places = places_of(topology_);
    for (const bool receives : {true, false}) {
      for (const Place& place : places) add({place, receives});
    }
  }

  void add_tight_sets() {
    for (const NodeSet& set : smallest_tight_sets(graph_, time_)) {
      if (set.empty()) continue;
      std::vector<NodeId> inside;
      std::vector<NodeId> outside;
      for (std::size_t i = 0; i < topology_.num_nodes(); ++i) {
        if (topology_.nodes[i].type != NodeType::Gpu) continue;
        (set[i] ? inside : outside).push_back(static_cast<NodeId>(i));
      }
      const bool receives = inside.size() <= outside.size();
      const std::vector<NodeId>& gpus = receives ? inside : outside;
      add({{PlaceKind::Other, 0, id_ranges(topology_, gpus), gpus, gpus, {}}, receives});
    }
  }

  // The cut along the border of the box, or of the box without what is of no use to it (a NIC whose
  // GPU is away), if it is a least one too; else `side`.
  [[nodiscard]] NodeSet whole_box(const Candidate& candidate,
                                  const GroupCut& cut,
                                  NodeSet side) const {
    const NodeSet box = set_of(candidate.place.nodes, topology_.num_nodes());
    NodeSet useful = side;
    for (std::size_t i = 0; i < box.size(); ++i) {
      const bool may_join = cut.most_receiving_side[i] == candidate.receives ||
                            cut.least_receiving_side[i] == candidate.receives;
      if (box[i] && may_join) useful[i] = true;
    }
    for (const NodeSet& candidate_side : {box, useful}) {
      NodeSet sends = candidate_side;
      if (candidate.receives) sends.flip();
      if (capacity_leaving(graph_, sends) == cut.capacity) return candidate_side;
    }
    return side;
  }

  // The candidate's least cut, told with the whole box where its border is one.
  [[nodiscard]] Crossing crossing_of(const Candidate& candidate) {
    const Place& place = candidate.place;
    const GroupCut cut = cuts_.least_cut(receivers_of(candidate));
    NodeSet side = candidate.receives ? cut.least_receiving_side : cut.most_receiving_side;
    if (!candidate.receives) side.flip();
    if (place.kind == PlaceKind::Box) side = whole_box(candidate, cut, std::move(side));
    Crossing crossing;
    crossing.place = place;
    crossing.direction = candidate.receives != mirrored_ ? Direction::Entering : Direction::Leaving;
    crossing.nodes = nodes_in(side);
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      const NodeId near = crossing.direction == Direction::Entering ? link.to : link.from;
      const NodeId far = crossing.direction == Direction::Entering ? link.from : link.to;
      if (!side[index(near)] || side[index(far)]) continue;
      crossing.links.push_back(static_cast<LinkId>(i));
      crossing.capacity += link.bandwidth.gigabytes_per_second;
    }
    ENSURE(crossing.capacity == graph_.unit * cut.capacity, "a cut that is not the flow's");
    for (const int arc : cut.arcs) {
      const auto link = static_cast<LinkId>(arc);
      if (!std::ranges::binary_search(crossing.links, link)) crossing.in_series.push_back(link);
    }
    NodeSet sends = side;
    if (candidate.receives) sends.flip();
    const Integer weight = weight_of(graph_, sends);
    if (!has_root(collective_)) crossing.shards = static_cast<int>(weight.int64());
    crossing.share = Rational(weight, graph_.total_weight);
    crossing.algbw = crossing.capacity / crossing.share;
    return crossing;
  }

  void sort_into(FlowLimits& limits) {
    using Key = std::tuple<PeerKey, std::size_t, Rational>;
    std::map<Key, std::size_t> position;
    for (const Candidate& candidate : candidates_) {
      Crossing crossing = crossing_of(candidate);
      const Place& place = candidate.place;
      const Key key{peer_key(candidate), place.gpus.size(), crossing.capacity};
      const auto [entry, is_new] = position.emplace(key, all_classes_.size());
      if (is_new) {
        all_classes_.emplace_back();
        all_classes_.back().peers = peers_.at(peer_key(candidate));
      }
      all_classes_[entry->second].members.push_back(std::move(crossing));
    }
    std::ranges::stable_sort(all_classes_, [](const CrossingClass& a, const CrossingClass& b) {
      return std::pair(a.front().algbw, a.front().place.kind) <
             std::pair(b.front().algbw, b.front().place.kind);
    });
    constexpr std::size_t kMostNext = 5;
    ENSURE(!all_classes_.empty() && all_classes_.front().front().algbw == limits.algbw,
           "no candidate is as tight as the tightest cut");
    limits.bottleneck = all_classes_.front();
    for (std::size_t i = 1; i < all_classes_.size(); ++i) {
      const Rational& algbw = all_classes_[i].front().algbw;
      if (algbw == limits.algbw) {
        limits.also_tight.push_back(all_classes_[i]);
      } else if (algbw < limits.algbw * 2 && limits.next.size() < kMostNext) {
        limits.next.push_back(all_classes_[i]);
      }
    }
  }

  const Topology& topology_;
  Collective collective_;
  DemandGraph graph_;
  bool mirrored_;
  Rational time_;
  GroupCuts cuts_;
  std::set<NodeSet> seen_;  // receivers
  std::vector<Candidate> candidates_;
  std::map<PeerKey, std::size_t> peers_;
  std::vector<CrossingClass> all_classes_;  // by rate
};

}  // namespace

FlowLimits find_limits(const Topology& topology, Collective collective, int root) {
  return LimitFinder(topology, collective, root).find();
}

}  // namespace pleach
