#include "compiler/ir/tree_height.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace pleach {
namespace {

// `begin` to `end` are positions of routes, those nearer to the root first. A route's far end is
// its receiver in an out-tree, its sender in an in-tree.
template <class Iterator>
int height(const Schedule& schedule, Iterator begin, Iterator end, bool out_tree) {
  std::vector<int> depth(schedule.topology.num_nodes(), 0);
  int deepest = 0;
  for (Iterator route = begin; route != end; ++route) {
    const Route& nodes = schedule.routes[static_cast<std::size_t>(*route)];
    const NodeId near = out_tree ? nodes.front() : nodes.back();
    const NodeId far = out_tree ? nodes.back() : nodes.front();
    depth[index(far)] = depth[index(near)] + 1;
    deepest = std::max(deepest, depth[index(far)]);
  }
  return deepest;
}

}  // namespace

TreeHeights tree_heights(const Schedule& schedule) {
  TreeHeights heights;
  Rational shares;
  const auto count = [&](const ScheduleTree& tree, int tree_height) {
    heights.max = std::max(heights.max, tree_height);
    heights.mean += tree.share * tree_height;
    shares += tree.share;
  };
  for (const ScheduleTree& tree : schedule.broadcast_trees) {
    count(tree, height(schedule, tree.routes.begin(), tree.routes.end(), true));
  }
  for (const ScheduleTree& tree : schedule.reduce_trees) {
    count(tree, height(schedule, tree.routes.rbegin(), tree.routes.rend(), false));
  }
  heights.mean /= shares;
  return heights;
}

}  // namespace pleach
