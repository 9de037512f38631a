#include "compiler/passes/nearest_gateways.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/passes/cable_network.hpp"
#include "compiler/passes/plan_gateways.hpp"
#include "compiler/passes/rank_groups.hpp"
#include "compiler/passes/route_demands.hpp"

namespace pleach {
namespace {

bool all_roots_alike(const DemandGraph& graph) {
  if (graph.sinks.size() != graph.compute.size()) return false;
  return std::all_of(graph.compute.begin(), graph.compute.end(), [&](int node) {
    return graph.weight[node] == graph.weight[graph.compute.front()];
  });
}

bool has_direct_cables(const CableNetwork& network) {
  return std::any_of(network.cables.begin(), network.cables.end(), [&](const Cable& cable) {
    return network.is_compute[cable.tail] && network.is_compute[cable.head];
  });
}

// Turns paths over cables into routes, using up the cables' strands in their order.
class RouteWriter {
 public:
  explicit RouteWriter(const CableNetwork& network)
      : network_(network), strand_(network.cables.size()), used_(network.cables.size()) {}

  void write(const CablePath& path, const std::vector<int>& cables, LogicalEdge& edge) {
    for (std::int64_t left = path.amount; left > 0;) {
      std::int64_t amount = left;
      std::size_t length = 1;
      for (int i = path.first; i < path.first + path.count; ++i) {
        const Strand& strand = current(cables[i]);
        amount = std::min(amount, strand.capacity - used_[cables[i]]);
        length += strand.inner.size() + 1;
      }
      Route route;
      route.reserve(length);
      route.push_back(static_cast<NodeId>(network_.cables[cables[path.first]].tail));
      for (int i = path.first; i < path.first + path.count; ++i) {
        for (const int node : current(cables[i]).inner) {
          route.push_back(static_cast<NodeId>(node));
        }
        route.push_back(static_cast<NodeId>(network_.cables[cables[i]].head));
      }
      for (int i = path.first; i < path.first + path.count; ++i) use(cables[i], amount);
      add_piece(std::move(route), amount, edge);
      left -= amount;
    }
  }

 private:
  [[nodiscard]] const Strand& current(int cable) const {
    const auto& strands = network_.cables[cable].strands;
    ENSURE(strand_[cable] < strands.size(), "a cable carries more than its capacity");
    return strands[strand_[cable]];
  }

  void use(int cable, std::int64_t amount) {
    used_[cable] += amount;
    if (used_[cable] < current(cable).capacity) return;
    ++strand_[cable];
    used_[cable] = 0;
  }

  static void add_piece(Route route, std::int64_t amount, LogicalEdge& edge) {
    edge.capacity += amount;
    const auto known = std::find_if(edge.pieces.begin(), edge.pieces.end(),
                                    [&](const RoutePiece& piece) { return piece.route == route; });
    if (known != edge.pieces.end()) {
      known->amount += amount;
    } else {
      edge.pieces.push_back({std::move(route), amount});
    }
  }

  const CableNetwork& network_;
  std::vector<std::size_t> strand_;  // by cable: the one in use
  std::vector<std::int64_t> used_;   // by cable: of that strand
};

std::vector<Demand> by_node(const CableNetwork& network, const std::vector<RankDemand>& demands) {
  std::vector<Demand> result;
  result.reserve(demands.size());
  for (const RankDemand& demand : demands) {
    result.push_back({network.compute[demand.tail], network.compute[demand.head], demand.amount});
  }
  return result;
}

struct RoutedPlan {
  GatewayPlan plan;
  DemandPaths between;
  DemandPaths within;
};

std::optional<RoutedPlan> routed(const CableNetwork& network,
                                 const RankGroups& groups,
                                 GatewayPlan plan) {
  std::vector<std::int64_t> room;
  for (const Cable& cable : network.cables) room.push_back(cable.capacity);
  auto between =
      route_demands(network, by_node(network, plan.between), network.compute, groups.between, room);
  if (!between) return std::nullopt;
  auto within = route_demands(network, by_node(network, plan.within), network.compute,
                              groups.inside.empty() ? groups.between : groups.inside, room);
  if (!within) return std::nullopt;
  return RoutedPlan{std::move(plan), std::move(*between), std::move(*within)};
}

std::optional<RoutedPlan> find_plan(const CableNetwork& network,
                                    const RankGroups& groups,
                                    std::int64_t trees,
                                    const Progress& progress) {
  for (const auto further : {FurtherGateways::InTurn, FurtherGateways::NearestFirst}) {
    auto plan = plan_gateways(network, groups, trees, further, progress);
    if (!plan) return std::nullopt;
    const bool is_only = !plan->has_further;
    auto found = routed(network, groups, std::move(*plan));
    if (found || is_only) return found;
  }
  return std::nullopt;
}

SwitchFreeGraph written_out(const DemandGraph& graph,
                            const CableNetwork& network,
                            const RoutedPlan& routed) {
  const std::vector<RankDemand>& between = routed.plan.between;
  const std::vector<RankDemand>& within = routed.plan.within;
  SwitchFreeGraph result;
  for (const int node : graph.compute) result.trees.push_back(graph.weight[node]);
  result.edges.reserve(between.size() + within.size());
  RouteWriter writer(network);
  const auto write = [&](const RankDemand& demand, const DemandPaths& paths, std::size_t number) {
    LogicalEdge& edge = result.edges.emplace_back();
    edge.tail = demand.tail;
    edge.head = demand.head;
    for (int i = paths.first_path[number]; i < paths.first_path[number + 1]; ++i) {
      writer.write(paths.paths[i], paths.cables, edge);
    }
  };
  const auto before = [](const RankDemand& a, const RankDemand& b) {
    return std::tie(a.tail, a.head) < std::tie(b.tail, b.head);
  };
  for (std::size_t i = 0, j = 0; i < between.size() || j < within.size();) {
    const bool is_within =
        i == between.size() || (j < within.size() && before(within[j], between[i]));
    is_within ? write(within[j], routed.within, j) : write(between[i], routed.between, i);
    ++(is_within ? j : i);
  }
  return result;
}

}  // namespace

std::optional<SwitchFreeGraph> nearest_gateways(const DemandGraph& graph,
                                                const Progress& progress) {
  if (!all_roots_alike(graph)) return std::nullopt;
  const std::optional<CableNetwork> network = cable_network(graph);
  if (!network || has_direct_cables(*network)) return std::nullopt;
  const std::optional<RankGroups> groups = find_rank_groups(*network);
  if (!groups) return std::nullopt;
  const std::int64_t trees = graph.weight[graph.compute.front()].int64();
  const std::optional<RoutedPlan> found = find_plan(*network, *groups, trees, progress);
  if (!found) return std::nullopt;
  return written_out(graph, *network, *found);
}

}  // namespace pleach
