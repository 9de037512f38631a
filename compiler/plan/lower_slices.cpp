#include "compiler/plan/lower_slices.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/plan/lower_slice.hpp"

namespace pleach {
namespace {

constexpr std::uint64_t kMostChunkRatio = 8;  // between the largest chunk and the smallest

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

// As many chunks for each slice, but for small ones (lower_slices.hpp).
void cut_chunks(const ForestShape& forest,
                std::size_t chunk_bytes,
                const HopCost& hop,
                Plan& plan) {
  std::uint64_t longest = 0;
  for (const Slice& slice : plan.slices) longest = std::max(longest, slice.count);
  const std::size_t bytes =
      chunk_bytes != 0 ? chunk_bytes
                       : best_chunk_bytes(longest * plan.element_size, hops_of(forest), hop);
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

void lower_slices(const ForestShape& forest,
                  std::size_t chunk_bytes,
                  const HopCost& hop,
                  Plan& plan) {
  cut_chunks(forest, chunk_bytes, hop, plan);
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    lower_slice(forest, static_cast<int>(i), plan);
  }
  plan.blocks = blocks_of(plan);
}

}  // namespace pleach
