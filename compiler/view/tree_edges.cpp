#include "compiler/view/tree_edges.hpp"

#include <algorithm>

#include "compiler/core/check.hpp"

namespace pleach::view {
namespace {

const ScheduleTree& tree_at(const Schedule& schedule, std::size_t position) {
  const std::size_t broadcast = schedule.broadcast_trees.size();
  return position < broadcast ? schedule.broadcast_trees[position]
                              : schedule.reduce_trees[position - broadcast];
}

}  // namespace

std::size_t count_trees(const Schedule& schedule) {
  return schedule.broadcast_trees.size() + schedule.reduce_trees.size();
}

TreeEdges tree_edges(const Schedule& schedule, std::size_t position) {
  ENSURE(position < count_trees(schedule), "a tree was asked for that the schedule does not have");
  const ScheduleTree& tree = tree_at(schedule, position);
  TreeEdges result{.root = tree.root,
                   .share = tree.share,
                   .gathers = position >= schedule.broadcast_trees.size()};
  result.depth.assign(schedule.topology.num_nodes(), -1);
  result.depth[index(schedule.topology.ranks[static_cast<std::size_t>(tree.root)])] = 0;
  // An in-tree lists its edges from the leaves on: the other way round, parents come first.
  std::vector<int> routes = tree.routes;
  if (result.gathers) std::ranges::reverse(routes);
  for (const int route : routes) {
    const Route& nodes = schedule.routes[static_cast<std::size_t>(route)];
    const NodeId near = result.gathers ? nodes.back() : nodes.front();
    const NodeId far = result.gathers ? nodes.front() : nodes.back();
    const int depth = result.depth[index(near)] + 1;
    result.depth[index(far)] = depth;
    result.height = std::max(result.height, depth);
    result.edges.push_back({.route = route, .depth = depth});
  }
  std::ranges::stable_sort(result.edges, {}, &TreeEdge::depth);
  return result;
}

std::optional<std::size_t> find_tree(const Schedule& schedule, int root, std::size_t ordinal) {
  for (std::size_t position = 0; position < count_trees(schedule); ++position) {
    if (tree_at(schedule, position).root != root) continue;
    if (ordinal == 0) return position;
    --ordinal;
  }
  return std::nullopt;
}

}  // namespace pleach::view
