#include "compiler/plan/lower_plan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/plan/forest_shape.hpp"
#include "compiler/plan/lower_slices.hpp"
#include "compiler/plan/split.hpp"

namespace pleach {
namespace {

// A range of elements and the tree that carries it; -1 for no tree.
struct Piece {
  int tree = -1;
  std::uint64_t end = 0;  // it begins where the one before ends
};

// The trees of `root` in one list, and what they carry.
struct RootTrees {
  std::vector<int> trees;
  std::vector<Rational> shares;
  Rational total;
};

std::vector<RootTrees> by_root(const std::vector<ScheduleTree>& trees, int ranks) {
  std::vector<RootTrees> roots(ranks);
  for (std::size_t i = 0; i < trees.size(); ++i) {
    RootTrees& root = roots[trees[i].root];
    root.trees.push_back(static_cast<int>(i));
    root.shares.push_back(trees[i].share);
    root.total += trees[i].share;
  }
  return roots;
}

// The whole buffer's elements, cut among the roots.
std::vector<std::uint64_t> elements_of_roots(const Plan& plan,
                                             const std::vector<RootTrees>& roots) {
  std::vector<std::uint64_t> elements(roots.size(), 0);
  if (is_sharded(plan.collective)) {
    std::fill(elements.begin(), elements.end(), plan.count);
    return elements;
  }
  std::vector<Rational> totals;
  for (const RootTrees& root : roots) {
    if (!root.trees.empty()) totals.push_back(root.total);
  }
  const std::vector<std::uint64_t> parts = split(plan.count, totals);
  auto part = parts.begin();
  for (std::size_t r = 0; r < roots.size(); ++r) {
    if (!roots[r].trees.empty()) elements[r] = *part++;
  }
  return elements;
}

std::vector<Piece> cut(const RootTrees& root, std::uint64_t begin, std::uint64_t count) {
  if (root.trees.empty()) return {{.end = begin + count}};
  const std::vector<std::uint64_t> parts = split(count, root.shares);
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    begin += parts[i];
    pieces.push_back({.tree = root.trees[i], .end = begin});
  }
  return pieces;
}

// One slice for each channel, but for empty ones.
void add_slices(Slice range, Plan& plan) {
  const std::vector<std::uint64_t> parts = split_evenly(range.count, plan.channels);
  for (int channel = 0; channel < plan.channels; ++channel) {
    range.channel = channel;
    range.count = parts[channel];
    if (range.count > 0) plan.slices.push_back(range);
    range.begin += range.count;
  }
}

void cut_slices(const Schedule& schedule, Plan& plan) {
  const std::vector<RootTrees> up = by_root(schedule.reduce_trees, plan.ranks);
  const std::vector<RootTrees> down = by_root(schedule.broadcast_trees, plan.ranks);
  const std::vector<std::uint64_t> elements =
      elements_of_roots(plan, schedule.reduce_trees.empty() ? down : up);
  std::uint64_t begin = 0;
  for (int root = 0; root < plan.ranks; ++root) {
    const std::uint64_t end = begin + elements[root];
    const std::vector<Piece> ups = cut(up[root], begin, elements[root]);
    const std::vector<Piece> downs = cut(down[root], begin, elements[root]);
    auto reduce = ups.begin();
    auto broadcast = downs.begin();
    while (begin < end) {
      while (reduce->end <= begin) ++reduce;
      while (broadcast->end <= begin) ++broadcast;
      const std::uint64_t next = std::min(reduce->end, broadcast->end);
      add_slices({.root = root,
                  .reduce_tree = reduce->tree,
                  .broadcast_tree = broadcast->tree,
                  .begin = begin,
                  .count = next - begin},
                 plan);
      begin = next;
    }
  }
}

}  // namespace

std::uint64_t count_of(Collective collective,
                       int ranks,
                       std::uint64_t bytes,
                       std::size_t element_size) {
  const std::uint64_t elements = bytes / element_size;
  return is_sharded(collective) ? elements / static_cast<std::uint64_t>(ranks) : elements;
}

Result<Plan> lower_plan(const Schedule& schedule, const PlanOptions& options) {
  ENSURE(options.element_size > 0 && options.channels > 0, "sizes of a plan are above 0");
  const Result<ForestShape> forest = shape_of(schedule);
  if (!forest.ok()) return forest.mistakes();

  Plan plan;
  plan.collective = schedule.collective;
  plan.ranks = static_cast<int>(schedule.topology.num_ranks());
  plan.root = root_of(schedule);
  plan.count = options.count;
  plan.element_size = options.element_size;
  plan.in_place = options.in_place;
  plan.channels = options.channels;
  plan.placement = options.placement;
  plan.scratch.assign(plan.ranks, 0);
  cut_slices(schedule, plan);
  lower_slices(forest.value(), options.chunk_bytes, options.hop, plan);
  return plan;
}

}  // namespace pleach
