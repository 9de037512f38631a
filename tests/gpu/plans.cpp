#include "tests/gpu/plans.hpp"

#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/lower_slices.hpp"

namespace pleach::gpu_check {
namespace {

// Of the rank that is `place` ranks after the root.
int parent_place(Shape shape, int ranks, int place) {
  switch (shape) {
    case Shape::Star: return 0;
    case Shape::Binary: return (place - 1) / 2;
    case Shape::Chain: return place - 1;
    case Shape::TwoLevels: break;
  }
  const int box = (ranks + 1) / 2;
  return place <= box ? 0 : box;  // `box` is the first place of the other box
}

TreeShape make_tree(Shape shape, int ranks, int root) {
  TreeShape tree;
  tree.root = root;
  tree.parent.assign(ranks, -1);
  std::vector<std::vector<int>> children(ranks);
  for (int place = 0; place < ranks; ++place) {
    const int rank = (root + place) % ranks;
    tree.order.push_back(rank);  // every parent's place is before its children's
    if (place == 0) continue;
    tree.parent[rank] = (root + parent_place(shape, ranks, place)) % ranks;
    children[tree.parent[rank]].push_back(rank);
  }
  for (const std::vector<int>& own : children) {
    tree.child_begin.push_back(static_cast<int>(tree.child_list.size()));
    tree.child_list.insert(tree.child_list.end(), own.begin(), own.end());
  }
  tree.child_begin.push_back(ranks - 1);
  return tree;
}

// Elements of part `part` of `parts` equal ones.
std::uint64_t part_of(std::uint64_t total, int part, int parts) {
  const auto divisor = static_cast<std::uint64_t>(parts);
  return total / divisor + (static_cast<std::uint64_t>(part) < total % divisor ? 1 : 0);
}

void cut_slices(Plan& plan) {
  std::uint64_t begin = 0;
  for (int root = 0; root < plan.ranks; ++root) {
    if (plan.root >= 0 && root != plan.root) continue;
    const std::uint64_t of_root = is_sharded(plan.collective) ? plan.count
                                  : plan.root >= 0            ? plan.count
                                                   : part_of(plan.count, root, plan.ranks);
    for (int channel = 0; channel < plan.channels; ++channel) {
      const std::uint64_t count = part_of(of_root, channel, plan.channels);
      if (count == 0) continue;
      const bool up = reduces(plan.collective);
      const bool down =
          plan.collective != Collective::ReduceScatter && plan.collective != Collective::Reduce;
      plan.slices.push_back({.root = root,
                             .reduce_tree = up ? root : -1,
                             .broadcast_tree = down ? root : -1,
                             .channel = channel,
                             .begin = begin,
                             .count = count});
      begin += count;
    }
  }
}

Plan lowered(const PlanRequest& request, const ForestShape& forest, int channels) {
  Plan plan;
  plan.collective = request.collective;
  plan.ranks = request.ranks;
  plan.root = has_root(request.collective) ? request.root : -1;
  plan.count = request.count;
  plan.element_size = request.element_size;
  plan.in_place = request.in_place;
  plan.channels = channels;
  plan.scratch.assign(request.ranks, 0);
  cut_slices(plan);
  lower_slices(forest, request.chunk_bytes, kDeviceHop, plan);
  return plan;
}

}  // namespace

std::string_view name_of(Shape shape) {
  switch (shape) {
    case Shape::Star: return "star";
    case Shape::Binary: return "binary";
    case Shape::Chain: return "chain";
    case Shape::TwoLevels: return "two levels";
  }
  return "";
}

Plan make_plan(const PlanRequest& request) {
  // A tree for each rank, of which plans with one root use one.
  ForestShape forest;
  for (int root = 0; root < request.ranks; ++root) {
    forest.reduce_trees.push_back(make_tree(request.shape, request.ranks, root));
  }
  forest.broadcast_trees = forest.reduce_trees;
  Plan plan = lowered(request, forest, 1);
  const int channels = channels_within(request.budget, plan);
  if (channels > 1) plan = lowered(request, forest, channels);
  const auto found = violations(plan);
  ENSURE(found.empty(), found.empty() ? "" : found.front().message);
  return plan;
}

std::uint64_t bytes_moved(const Plan& plan) {
  std::uint64_t elements = 0;
  for (const NodeOp& op : plan.ops) {
    elements += slice_of(plan, op).count * (op.sources.size() + op.destinations.size());
  }
  return elements * plan.element_size;
}

}  // namespace pleach::gpu_check
