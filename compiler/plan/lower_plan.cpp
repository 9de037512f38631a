#include "compiler/plan/lower_plan.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/plan/forest_shape.hpp"
#include "compiler/plan/lower_slice.hpp"
#include "compiler/plan/split.hpp"

namespace pleach {
namespace {

constexpr std::uint64_t kMostChunkRatio = 8;  // between the largest chunk and the smallest

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

int height_of(const TreeShape& tree) {
  std::vector<int> depth(tree.parent.size(), 0);
  int height = 0;
  for (const int rank : tree.order) {
    if (rank != tree.root) depth[rank] = depth[tree.parent[rank]] + 1;
    height = std::max(height, depth[rank]);
  }
  return height;
}

// The longest way of a chunk, up and down.
int hops_of(const ForestShape& forest) {
  int up = 0;
  int down = 0;
  for (const TreeShape& tree : forest.reduce_trees) up = std::max(up, height_of(tree));
  for (const TreeShape& tree : forest.broadcast_trees) down = std::max(down, height_of(tree));
  return up + down;
}

// As many chunks for each slice, but for small ones (PlanOptions::chunk_bytes).
void cut_chunks(const PlanOptions& options, const ForestShape& forest, Plan& plan) {
  std::uint64_t longest = 0;
  for (const Slice& slice : plan.slices) longest = std::max(longest, slice.count);
  const std::size_t bytes =
      options.chunk_bytes != 0
          ? options.chunk_bytes
          : best_chunk_bytes(longest * plan.element_size, hops_of(forest), options.hop);
  const std::uint64_t most = std::max<std::uint64_t>(1, bytes / plan.element_size);
  const std::uint64_t least = std::max<std::uint64_t>(1, most / kMostChunkRatio);
  const std::uint64_t chunks = (longest + most - 1) / most;
  for (Slice& slice : plan.slices) {
    slice.chunk = std::max(least, (slice.count + chunks - 1) / chunks);
  }
}

// One for each rank, channel and phase. Data that comes over a network comes at its own time, so
// there each slice has blocks of its own, and each send: a tree does not wait for another.
std::vector<BlockProgram> blocks_of(const Plan& plan) {
  constexpr int kAll = -1;
  const bool has_network = std::any_of(plan.ops.begin(), plan.ops.end(), [](const NodeOp& op) {
    return op.kind == NodeOp::Kind::Send;
  });
  std::map<std::tuple<int, int, Phase, int, int>, BlockProgram> blocks;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const NodeOp& op = plan.ops[i];
    const int channel = plan.slices[op.slice].channel;
    const int slice = has_network ? op.slice : kAll;
    const int send = op.kind == NodeOp::Kind::Send ? static_cast<int>(i) : kAll;
    BlockProgram& block = blocks[{op.rank, channel, op.phase, slice, send}];
    block.rank = op.rank;
    block.channel = channel;
    block.phase = op.phase;
    block.ops.push_back(static_cast<int>(i));
    block.chunks = std::max(block.chunks, num_chunks(slice_of(plan, op)));
  }
  std::vector<BlockProgram> list;
  for (auto& [key, block] : blocks) {
    std::stable_sort(block.ops.begin(), block.ops.end(),
                     [&](int a, int b) { return plan.ops[a].depth < plan.ops[b].depth; });
    list.push_back(std::move(block));
  }
  return list;
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
  cut_chunks(options, forest.value(), plan);
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    lower_slice(forest.value(), static_cast<int>(i), plan);
  }
  plan.blocks = blocks_of(plan);
  return plan;
}

}  // namespace pleach
