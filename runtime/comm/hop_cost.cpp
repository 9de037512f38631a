#include "runtime/comm/hop_cost.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace pleach {
namespace {

// About what one costs over TCP on a host, its acknowledgement of a free slot included.
constexpr double kMessageSeconds = 30e-6;

// Of the links that trees cross, in bytes a second.
double slowest_link(const Schedule& schedule) {
  std::vector<bool> in_trees(schedule.routes.size());
  for (const auto* const trees : {&schedule.reduce_trees, &schedule.broadcast_trees}) {
    for (const ScheduleTree& tree : *trees) {
      for (const int route : tree.routes) in_trees[route] = true;
    }
  }
  std::set<std::pair<NodeId, NodeId>> used;
  for (std::size_t r = 0; r < schedule.routes.size(); ++r) {
    if (!in_trees[r]) continue;
    const Route& route = schedule.routes[r];
    for (std::size_t i = 1; i < route.size(); ++i) used.insert({route[i - 1], route[i]});
  }
  std::optional<Rational> slowest;
  for (const Link& link : schedule.topology.links) {
    if (!used.contains({link.from, link.to})) continue;
    const Rational& rate = link.bandwidth.gigabytes_per_second;
    if (!slowest || rate < *slowest) slowest = rate;
  }
  return slowest ? slowest->to_double() * 1e9 : 1e9;
}

}  // namespace

HopCost network_hop_cost(const Schedule& schedule, std::size_t max_write) {
  return {.seconds = kMessageSeconds,
          .bytes_per_second = slowest_link(schedule),
          .least_bytes = 16 << 10,
          .most_bytes = std::min<std::size_t>(512 << 10, std::bit_floor(max_write))};
}

}  // namespace pleach
