#include "compiler/explain/find_limits.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/explain/balance_limit.hpp"
#include "compiler/explain/compare_peers.hpp"
#include "compiler/explain/crossings.hpp"
#include "compiler/explain/id_ranges.hpp"
#include "compiler/passes/optimum.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;  // by node

class LimitFinder {
 public:
  LimitFinder(const Topology& topology, Collective collective, int root)
      : topology_(topology), crossings_(topology, collective, root) {
    const DemandGraph& graph = crossings_.graph();
    const Optimum optimum = find_optimum(graph);
    time_ = optimum.tightest.time;
    limits_.collective = collective;
    limits_.algbw = optimum.algbw();
    limits_.trees_per_root = optimum.time.den();
    limits_.cut_algbw = graph.unit * Rational(graph.total_weight) / time_;
    if (limits_.algbw < limits_.cut_algbw) {
      limits_.balance = balance_limit(topology, collective, *optimum.achievable);
    }
    find_tight_sets();
    const std::vector<Place> places = places_of(topology_);
    for (const bool receives : {true, false}) {
      for (const Place& place : places) add({place, receives});
    }
    for (const NodeSet& receivers : tight_in_order_) add(unnamed(receivers));
  }

  FlowLimits find_all() && {
    const std::vector<Rational> rates = rates_of_candidates();
    const Candidate& first = most_telling(rates);
    std::vector<Candidate> told;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      // Peers of the bottleneck are compared with it however much they can carry.
      const bool peer = candidates_[i].place.kind == first.place.kind &&
                        candidates_[i].receives == first.receives;
      if (peer || rates[i] < limits_.cut_algbw * 2) told.push_back(candidates_[i]);
    }
    limits_.places_examined = candidates_.size();
    std::vector<CrossingClass> classes = classes_of(told);
    limits_.bottleneck = classes.front();
    limits_.comparison = compare_with_peers(topology_, limits_.bottleneck, classes);
    constexpr std::size_t kMostNext = 5;
    for (std::size_t i = 1; i < classes.size(); ++i) {
      const Rational& algbw = classes[i].front().algbw;
      if (algbw == limits_.cut_algbw) {
        limits_.also_tight.push_back(std::move(classes[i]));
      } else if (algbw < limits_.cut_algbw * 2 && limits_.next.size() < kMostNext) {
        limits_.next.push_back(std::move(classes[i]));
      }
    }
    return std::move(limits_);
  }

  FlowLimits find_first() && {
    std::erase_if(candidates_, [&](const Candidate& candidate) { return !is_tight(candidate); });
    limits_.bottleneck = std::move(classes_of(candidates_).front());
    return std::move(limits_);
  }

 private:
  // A box that lost a GPU is still one of the boxes; a box of another name may be anything.
  using PeerKey = std::tuple<PlaceKind, int, std::size_t, std::string, bool>;
  static PeerKey peer_key(const Candidate& candidate) {
    const Place& place = candidate.place;
    const bool box = place.kind == PlaceKind::Box;
    return {place.kind, place.level, box ? 0 : place.gpus.size(),
            box ? id_pattern(place.name) : std::string(), candidate.receives};
  }

  void find_tight_sets() {
    for (NodeSet& set : smallest_tight_sets(crossings_.graph(), time_)) {
      if (set.empty()) continue;
      for (std::size_t i = 0; i < set.size(); ++i) {
        if (topology_.nodes[i].type != NodeType::Gpu) set[i] = false;
      }
      if (tight_.insert(set).second) tight_in_order_.push_back(std::move(set));
    }
  }

  [[nodiscard]] bool is_tight(const Candidate& candidate) const {
    return tight_.count(crossings_.receivers_of(candidate)) > 0;
  }

  // The side with fewer compute nodes, of equals the receiving one.
  [[nodiscard]] Candidate unnamed(const NodeSet& receivers) const {
    std::vector<NodeId> inside;
    std::vector<NodeId> outside;
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      if (topology_.nodes[i].type != NodeType::Gpu) continue;
      (receivers[i] ? inside : outside).push_back(static_cast<NodeId>(i));
    }
    const bool receives = inside.size() <= outside.size();
    const std::vector<NodeId>& gpus = receives ? inside : outside;
    return {{PlaceKind::Other, 0, id_ranges(topology_, gpus), gpus, gpus, {}}, receives};
  }

  // Each split of the compute nodes once, under its first name.
  void add(Candidate candidate) {
    NodeSet receivers = crossings_.receivers_of(candidate);
    if (!crossings_.limits_something(receivers)) return;
    const bool is_new = seen_.insert(std::move(receivers)).second;
    // A place whose split has another name already is still a peer of its kind.
    if (is_new || candidate.place.kind != PlaceKind::Other) ++peers_[peer_key(candidate)];
    if (is_new) candidates_.push_back(std::move(candidate));
  }

  std::vector<Rational> rates_of_candidates() {
    std::vector<Rational> rates;
    rates.reserve(candidates_.size());
    for (const Candidate& candidate : candidates_) {
      rates.push_back(is_tight(candidate) ? limits_.cut_algbw : crossings_.rate_of(candidate));
      ENSURE(rates.back() >= limits_.cut_algbw, "a place that allows less than the tightest cut");
    }
    return rates;
  }

  [[nodiscard]] const Candidate& most_telling(const std::vector<Rational>& rates) const {
    std::size_t best = 0;
    const auto key = [&](std::size_t i) { return std::pair(rates[i], candidates_[i].place.kind); };
    for (std::size_t i = 1; i < candidates_.size(); ++i) {
      if (key(i) < key(best)) best = i;
    }
    return candidates_[best];
  }

  // By rate, then by kind; never empty, the first as tight as the tightest cut.
  std::vector<CrossingClass> classes_of(const std::vector<Candidate>& candidates) {
    std::vector<CrossingClass> classes;
    std::map<std::tuple<PeerKey, std::size_t, Rational>, std::size_t> position;
    for (const Candidate& candidate : candidates) {
      Crossing crossing = crossings_.crossing_of(candidate);
      const PeerKey peers = peer_key(candidate);
      const auto [entry, is_new] = position.emplace(
          std::tuple(peers, candidate.place.gpus.size(), crossing.capacity), classes.size());
      if (is_new) classes.push_back({{}, peers_.at(peers)});
      classes[entry->second].members.push_back(std::move(crossing));
    }
    std::ranges::stable_sort(classes, [](const CrossingClass& a, const CrossingClass& b) {
      return std::pair(a.front().algbw, a.front().place.kind) <
             std::pair(b.front().algbw, b.front().place.kind);
    });
    ENSURE(!classes.empty() && classes.front().front().algbw == limits_.cut_algbw,
           "no candidate is as tight as the tightest cut");
    return classes;
  }

  const Topology& topology_;
  Crossings crossings_;
  Rational time_;  // in units of the graph
  FlowLimits limits_;
  std::set<NodeSet> tight_;              // the compute nodes of the smallest tight sets
  std::vector<NodeSet> tight_in_order_;  // of the sinks
  std::set<NodeSet> seen_;               // receivers
  std::vector<Candidate> candidates_;
  std::map<PeerKey, std::size_t> peers_;
};

}  // namespace

FlowLimits find_limits(const Topology& topology, Collective collective, int root) {
  return LimitFinder(topology, collective, root).find_all();
}

FlowLimits find_bottleneck(const Topology& topology, Collective collective, int root) {
  return LimitFinder(topology, collective, root).find_first();
}

}  // namespace pleach
