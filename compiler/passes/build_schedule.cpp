#include "compiler/passes/build_schedule.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/topology/digest.hpp"

namespace pleach {
namespace {

// Numbers routes in order of first use.
class RouteTable {
 public:
  int number_of(const Route& route) {
    const auto [entry, is_new] = numbers_.try_emplace(route, static_cast<int>(routes_.size()));
    if (is_new) routes_.push_back(route);
    return entry->second;
  }
  std::vector<Route> take() && { return std::move(routes_); }

 private:
  std::map<Route, int> numbers_;
  std::vector<Route> routes_;
};

// What is left of an edge's pieces.
struct Remaining {
  std::size_t piece = 0;
  Integer amount;  // of that piece
};

// Turns a forest into schedule trees, in-trees when `mirrored`.
std::vector<ScheduleTree> trees_of(const PackedGraph& packed, bool mirrored, RouteTable& routes) {
  const auto& edges = packed.graph.edges;
  Integer all_trees = 0;
  for (const Integer& trees : packed.graph.trees) all_trees += trees;
  std::vector<Remaining> remaining;
  std::vector<std::vector<int>> route_numbers(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    remaining.push_back({0, edges[i].pieces.front().amount});
    route_numbers[i].assign(edges[i].pieces.size(), -1);
  }
  const auto route_of = [&](int edge) {
    const std::size_t piece = remaining[edge].piece;
    int& number = route_numbers[edge][piece];
    if (number < 0) {
      Route route = edges[edge].pieces[piece].route;
      if (mirrored) std::reverse(route.begin(), route.end());
      number = routes.number_of(route);
    }
    return number;
  };
  std::vector<ScheduleTree> trees;
  for (const OutTree& tree : packed.forest) {
    for (Integer copies = tree.multiplicity; copies.sign() > 0;) {
      Integer together = copies;  // as many as no edge has to change its route for
      for (const int edge : tree.edges) together = std::min(together, remaining[edge].amount);
      ScheduleTree part{tree.root, Rational(together, all_trees), {}};
      for (const int edge : tree.edges) {
        part.routes.push_back(route_of(edge));
        Remaining& left = remaining[edge];
        left.amount -= together;
        if (left.amount.sign() == 0 && left.piece + 1 < edges[edge].pieces.size()) {
          left.amount = edges[edge].pieces[++left.piece].amount;
        }
      }
      if (mirrored) std::reverse(part.routes.begin(), part.routes.end());
      trees.push_back(std::move(part));
      copies -= together;
    }
  }
  return trees;
}

// The least capacity / load over all links.
Rational algbw_of(const Schedule& schedule) {
  std::map<std::pair<NodeId, NodeId>, Rational> bandwidth;
  for (const Link& link : schedule.topology.links) {
    bandwidth[{link.from, link.to}] = link.bandwidth.gigabytes_per_second;
  }
  // Shares have one common denominator for each list, so sums by route stay whole.
  std::vector<Rational> share(schedule.routes.size());
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      for (const int route : tree.routes) share[route] += tree.share;
    }
  }
  std::map<std::pair<NodeId, NodeId>, Rational> load;
  for (std::size_t i = 0; i < schedule.routes.size(); ++i) {
    const Route& route = schedule.routes[i];
    for (std::size_t hop = 0; hop + 1 < route.size(); ++hop) {
      load[{route[hop], route[hop + 1]}] += share[i];
    }
  }
  std::optional<Rational> algbw;
  for (const auto& [ends, amount] : load) {
    const Rational rate = bandwidth.at(ends) / amount;
    if (!algbw || rate < *algbw) algbw = rate;
  }
  ENSURE(algbw.has_value(), "a schedule without a loaded link");
  return *algbw;
}

}  // namespace

Schedule build_schedule(const Topology& topology,
                        const Bound& bound,
                        const PackedGraph& broadcast,
                        const PackedGraph& reduce) {
  Schedule schedule;
  schedule.collective = bound.collective;
  schedule.topology = topology;
  schedule.topology_digest = topology_digest(topology);
  RouteTable routes;
  if (!broadcast.forest.empty()) schedule.broadcast_trees = trees_of(broadcast, false, routes);
  if (!reduce.forest.empty()) schedule.reduce_trees = trees_of(reduce, true, routes);
  schedule.routes = std::move(routes).take();
  schedule.algbw = algbw_of(schedule);
  schedule.bound = {bound.upper_bound, bound.upper_cut.nodes, bound.upper_parts, bound.achievable};
  return schedule;
}

}  // namespace pleach
