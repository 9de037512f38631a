#include "compiler/explain/explain_schedule.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "compiler/explain/id_ranges.hpp"

namespace pleach {
namespace {

// By link: the part of the whole buffer that crosses it.
std::vector<Rational> link_loads(const Schedule& schedule) {
  std::vector<Rational> share(schedule.routes.size());
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      for (const int route : tree.routes) share[route] += tree.share;
    }
  }
  const std::vector<Link>& links = schedule.topology.links;
  std::map<std::pair<NodeId, NodeId>, std::size_t> position;
  for (std::size_t i = 0; i < links.size(); ++i) position[{links[i].from, links[i].to}] = i;
  std::vector<Rational> loads(links.size());
  for (std::size_t i = 0; i < schedule.routes.size(); ++i) {
    if (share[i].sign() == 0) continue;  // nothing checks a route that no tree uses
    const Route& route = schedule.routes[i];
    for (std::size_t hop = 0; hop + 1 < route.size(); ++hop) {
      loads[position.at({route[hop], route[hop + 1]})] += share[i];
    }
  }
  return loads;
}

}  // namespace

std::size_t ScheduleExplanation::full_links() const {
  std::size_t count = 0;
  for (const LinkUse& use : uses) count += use.full;
  return count;
}

ScheduleExplanation explain_schedule(const Schedule& schedule) {
  ScheduleExplanation result;
  result.algbw = schedule.algbw;
  result.broadcast_trees = schedule.broadcast_trees.size();
  result.reduce_trees = schedule.reduce_trees.size();
  result.heights = tree_heights(schedule);
  const Topology& topology = schedule.topology;
  const std::vector<Rational> loads = link_loads(schedule);
  std::map<std::pair<std::string, std::string>, std::size_t> position;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const Rational use = loads[i] * schedule.algbw / link.bandwidth.gigabytes_per_second;
    std::string from = id_pattern(topology.node(link.from).id);
    std::string to = id_pattern(topology.node(link.to).id);
    const auto [entry, is_new] = position.emplace(std::pair(from, to), result.uses.size());
    if (is_new) result.uses.push_back({std::move(from), std::move(to), 0, 0, 0, use, use});
    LinkUse& group = result.uses[entry->second];
    ++group.links;
    if (use == Rational(1)) ++group.full;
    if (use == Rational(0)) ++group.idle;
    group.least = std::min(group.least, use);
    group.most = std::max(group.most, use);
  }
  std::ranges::stable_sort(result.uses,
                           [](const LinkUse& a, const LinkUse& b) { return a.most > b.most; });
  return result;
}

}  // namespace pleach
