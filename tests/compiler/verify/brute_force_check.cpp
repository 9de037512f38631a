#include "tests/compiler/verify/brute_force_check.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "compiler/topology/digest.hpp"

namespace pleach {
namespace {

using Ends = std::pair<NodeId, NodeId>;

bool upwards(Collective c) { return c == Collective::ReduceScatter || c == Collective::Reduce; }

// What a set allows, or nothing when it bounds nothing.
std::optional<Rational> rate_of_set(const Topology& topology,
                                    Collective collective,
                                    int root,
                                    const std::set<NodeId>& set) {
  std::int64_t inside = 0;
  for (const NodeId node : topology.ranks) inside += set.contains(node) ? 1 : 0;
  const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
  if (inside == 0 || inside == ranks) return std::nullopt;
  if (has_root(collective) && !set.contains(topology.ranks.at(static_cast<std::size_t>(root)))) {
    return std::nullopt;
  }
  Rational crossing = 0;
  for (const Link& link : topology.links) {
    const bool leaves = set.contains(link.from) && !set.contains(link.to);
    const bool enters = !set.contains(link.from) && set.contains(link.to);
    if (upwards(collective) ? enters : leaves) crossing += link.bandwidth.gigabytes_per_second;
  }
  if (collective == Collective::AllGather || collective == Collective::ReduceScatter) {
    return crossing * ranks / inside;
  }
  return crossing;
}

std::optional<Rational> rate_of_parts(const Topology& topology,
                                      const std::vector<std::vector<NodeId>>& parts) {
  std::map<NodeId, std::size_t> part_of;
  Rational in = 0;
  Rational out = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    bool holds_rank = false;
    for (const NodeId node : parts[p]) {
      if (!part_of.emplace(node, p).second) return std::nullopt;
      holds_rank |= std::ranges::count(topology.ranks, node) > 0;
    }
    if (!holds_rank) return std::nullopt;
  }
  for (const NodeId node : topology.ranks) {
    if (!part_of.contains(node)) return std::nullopt;
  }
  if (parts.size() < 2) return std::nullopt;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::set<NodeId> set(parts[p].begin(), parts[p].end());
    for (const Link& link : topology.links) {
      const Rational& rate = link.bandwidth.gigabytes_per_second;
      if (!set.contains(link.from) && set.contains(link.to)) in += rate;
      if (set.contains(link.from) && !set.contains(link.to)) out += rate;
    }
  }
  return (in < out ? in : out) / static_cast<std::int64_t>(2 * parts.size() - 2);
}

// Sends the root's data along the routes.
bool broadcasts(const Schedule& schedule, const ScheduleTree& tree) {
  const auto& ranks = schedule.topology.ranks;
  std::set<NodeId> has = {ranks.at(static_cast<std::size_t>(tree.root))};
  for (const int i : tree.routes) {
    const Route& route = schedule.routes.at(static_cast<std::size_t>(i));
    if (!has.contains(route.front()) || !has.insert(route.back()).second) return false;
  }
  return has == std::set(ranks.begin(), ranks.end());
}

// Adds up, for each node, whose data it holds and how often.
bool reduces(const Schedule& schedule, const ScheduleTree& tree) {
  const auto& ranks = schedule.topology.ranks;
  std::map<NodeId, std::map<NodeId, int>> holds;
  for (const NodeId node : ranks) holds[node][node] = 1;
  for (const int i : tree.routes) {
    const Route& route = schedule.routes.at(static_cast<std::size_t>(i));
    for (const auto& [origin, times] : holds[route.front()]) holds[route.back()][origin] += times;
  }
  const NodeId root = ranks.at(static_cast<std::size_t>(tree.root));
  for (const NodeId node : ranks) {
    if (holds[root][node] != 1) return false;
  }
  return tree.routes.size() + 1 == ranks.size();  // and nothing is sent in vain
}

bool good_route(const Topology& topology,
                const Route& route,
                const std::map<Ends, Rational>& rates) {
  if (route.size() < 2) return false;
  if (std::set(route.begin(), route.end()).size() != route.size()) return false;
  for (std::size_t i = 0; i < route.size(); ++i) {
    const bool is_rank = std::ranges::count(topology.ranks, route[i]) > 0;
    if (is_rank != (i == 0 || i + 1 == route.size())) return false;
    if (i > 0 && !rates.contains({route[i - 1], route[i]})) return false;
  }
  return true;
}

// The order of links means nothing.
bool same_machine(const Topology& topology, const Topology& machine) {
  return topology.nodes == machine.nodes && topology.ranks == machine.ranks &&
         std::ranges::is_permutation(topology.links, machine.links);
}

std::map<int, Rational> totals(const std::vector<ScheduleTree>& trees) {
  std::map<int, Rational> totals;
  for (const ScheduleTree& tree : trees) totals[tree.root] += tree.share;
  return totals;
}

bool good_shares(const Schedule& schedule, const std::vector<ScheduleTree>& trees) {
  Rational sum = 0;
  for (const ScheduleTree& tree : trees) {
    if (tree.share <= Rational(0)) return false;
    sum += tree.share;
  }
  const auto by_root = totals(trees);
  if (has_root(schedule.collective) && by_root.size() != 1) return false;
  if (schedule.collective == Collective::AllGather ||
      schedule.collective == Collective::ReduceScatter) {
    const auto ranks = static_cast<std::int64_t>(schedule.topology.num_ranks());
    if (by_root.size() != schedule.topology.num_ranks()) return false;
    for (const auto& [root, total] : by_root) {
      if (total != Rational(1, ranks)) return false;
    }
  }
  return sum == Rational(1);
}

}  // namespace

Rational brute_force_bound(const Topology& topology, Collective collective, int root) {
  std::optional<Rational> least;
  for (unsigned bits = 0; bits < 1U << topology.num_nodes(); ++bits) {
    std::set<NodeId> set;
    for (int i = 0; i < static_cast<int>(topology.num_nodes()); ++i) {
      if ((bits >> i) & 1U) set.insert(NodeId{i});
    }
    const auto rate = rate_of_set(topology, collective, root, set);
    if (rate && (!least || *rate < *least)) least = rate;
  }
  return least.value();
}

bool brute_force_valid(const Schedule& schedule, const Topology& machine) {
  const Collective collective = schedule.collective;
  const Topology& topology = schedule.topology;
  if (!same_machine(topology, machine)) return false;
  if (schedule.topology_digest != topology_digest(machine)) return false;

  std::map<Ends, Rational> rates;
  for (const Link& link : topology.links) {
    rates[{link.from, link.to}] = link.bandwidth.gigabytes_per_second;
  }
  for (const Route& route : schedule.routes) {
    if (!good_route(topology, route, rates)) return false;
  }
  const bool down = !upwards(collective);
  const bool up = upwards(collective) || collective == Collective::AllReduce;
  if (down == schedule.broadcast_trees.empty() || up == schedule.reduce_trees.empty()) return false;
  if (down && !good_shares(schedule, schedule.broadcast_trees)) return false;
  if (up && !good_shares(schedule, schedule.reduce_trees)) return false;
  if (down && up && totals(schedule.broadcast_trees) != totals(schedule.reduce_trees)) return false;

  std::map<Ends, Rational> loads;
  const auto load = [&](const ScheduleTree& tree) {
    for (const int i : tree.routes) {
      const Route& route = schedule.routes.at(static_cast<std::size_t>(i));
      for (std::size_t j = 1; j < route.size(); ++j) loads[{route[j - 1], route[j]}] += tree.share;
    }
  };
  for (const ScheduleTree& tree : schedule.broadcast_trees) {
    if (!broadcasts(schedule, tree)) return false;
    load(tree);
  }
  for (const ScheduleTree& tree : schedule.reduce_trees) {
    if (!reduces(schedule, tree)) return false;
    load(tree);
  }
  bool attained = false;
  for (const auto& [ends, carried] : loads) {
    if (schedule.algbw * carried > rates.at(ends)) return false;
    attained |= schedule.algbw * carried == rates.at(ends);
  }
  if (!attained) return false;

  const ScheduleBound& bound = schedule.bound;
  const std::set<NodeId> cut(bound.cut.begin(), bound.cut.end());
  if (bound.parts.empty() && cut.size() != bound.cut.size()) return false;
  if (!bound.parts.empty() && collective != Collective::AllReduce) return false;
  const int root = (down ? schedule.broadcast_trees : schedule.reduce_trees).front().root;
  const auto allowed = bound.parts.empty() ? rate_of_set(topology, collective, root, cut)
                                           : rate_of_parts(topology, bound.parts);
  if (!allowed || *allowed != bound.algbw || schedule.algbw > bound.algbw) return false;
  return collective == Collective::AllReduce ||
         bound.algbw == brute_force_bound(topology, collective, root);
}

}  // namespace pleach
