#include "compiler/view/link_load.hpp"

#include <map>
#include <optional>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach::view {
namespace {

// By route: the sum of the shares of all tree edges that take it.
std::vector<Rational> share_of_routes(const Schedule& schedule) {
  std::vector<Rational> share(schedule.routes.size());
  for (const auto* const trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      for (const int route : tree.routes) share[static_cast<std::size_t>(route)] += tree.share;
    }
  }
  return share;
}

}  // namespace

LinkLoads link_loads(const Schedule& schedule) {
  const Topology& topology = schedule.topology;
  std::map<std::pair<NodeId, NodeId>, std::size_t> link_between;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    link_between.emplace(std::pair(topology.links[i].from, topology.links[i].to), i);
  }

  LinkLoads loads;
  loads.load.resize(topology.links.size());
  const std::vector<Rational> share = share_of_routes(schedule);
  for (std::size_t r = 0; r < schedule.routes.size(); ++r) {
    const Route& route = schedule.routes[r];
    for (std::size_t hop = 0; hop + 1 < route.size(); ++hop) {
      const auto link = link_between.find({route[hop], route[hop + 1]});
      ENSURE(link != link_between.end(), "a checked schedule has a route without a link");
      loads.load[link->second] += share[r];
    }
  }

  std::optional<Rational> algbw;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    if (loads.load[i].sign() == 0) continue;
    const Rational rate = topology.links[i].bandwidth.gigabytes_per_second / loads.load[i];
    if (!algbw || rate < *algbw) algbw = rate;
  }
  ENSURE(algbw.has_value(), "a checked schedule loads no link");
  loads.algbw = *algbw;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    loads.used.push_back(loads.load[i] * loads.algbw /
                         topology.links[i].bandwidth.gigabytes_per_second);
  }
  return loads;
}

}  // namespace pleach::view
