#include "runtime/comm/derive_schedule.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace pleach {
namespace {

bool goes_up(Collective collective) {
  return collective == Collective::ReduceScatter || collective == Collective::Reduce;
}

// Shares that sum to 1.
void scale(std::vector<ScheduleTree>& trees) {
  Rational total;
  for (const ScheduleTree& tree : trees) total += tree.share;
  for (ScheduleTree& tree : trees) tree.share = tree.share / total;
}

bool roots_are_equal(const std::vector<ScheduleTree>& trees, std::size_t ranks) {
  std::vector<Rational> shares(ranks);
  for (const ScheduleTree& tree : trees) shares[tree.root] += tree.share;
  return std::all_of(shares.begin(), shares.end(),
                     [&](const Rational& share) { return share == shares.front(); });
}

// The least capacity over load: the rate, from its definition.
Rational rate_of(const Schedule& schedule, const std::vector<ScheduleTree>& trees) {
  std::map<std::pair<NodeId, NodeId>, Rational> load;
  for (const ScheduleTree& tree : trees) {
    for (const int id : tree.routes) {
      const Route& route = schedule.routes[id];
      for (std::size_t i = 1; i < route.size(); ++i) load[{route[i - 1], route[i]}] += tree.share;
    }
  }
  std::optional<Rational> rate;
  for (const Link& link : schedule.topology.links) {
    const auto at = load.find({link.from, link.to});
    if (at == load.end()) continue;
    const Rational here = link.bandwidth.gigabytes_per_second / at->second;
    if (!rate || here < *rate) rate = here;
  }
  return rate.value_or(Rational(0));
}

}  // namespace

std::optional<Schedule> derive_schedule(const Schedule& schedule, Collective collective, int root) {
  const bool up = goes_up(collective);
  std::vector<ScheduleTree> trees = up ? schedule.reduce_trees : schedule.broadcast_trees;
  if (has_root(collective)) {
    std::erase_if(trees, [&](const ScheduleTree& tree) { return tree.root != root; });
  }
  if (trees.empty() || collective == Collective::AllReduce) return std::nullopt;
  scale(trees);
  if (!has_root(collective) && !roots_are_equal(trees, schedule.topology.num_ranks())) {
    return std::nullopt;
  }
  Schedule derived = schedule;
  derived.collective = collective;
  derived.algbw = rate_of(schedule, trees);
  derived.bound = {};
  derived.broadcast_trees.clear();
  derived.reduce_trees.clear();
  (up ? derived.reduce_trees : derived.broadcast_trees) = std::move(trees);
  return derived;
}

}  // namespace pleach
