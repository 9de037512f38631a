#include "compiler/plan/lower_slice.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "compiler/plan/lower_plan.hpp"

namespace pleach {
namespace {

constexpr int kNoOp = -1;

// A rank's value in this slice: where it is and which op made it (none: it is the caller's input).
struct Value {
  Location location;
  int op = kNoOp;
};

class SliceLowering {
 public:
  SliceLowering(const ForestShape& forest, int slice, Plan& plan)
      : plan_(plan), id_(slice), slice_(plan.slices[slice]) {
    if (slice_.reduce_tree >= 0) up_ = &forest.reduce_trees[slice_.reduce_tree];
    if (slice_.broadcast_tree >= 0) down_ = &forest.broadcast_trees[slice_.broadcast_tree];
  }

  void lower() {
    Value result{.location = input(slice_.root)};
    std::size_t sent = 0;  // children of the root that already have the result
    if (up_ != nullptr) {
      sent = reduce();
      result = values_[slice_.root];
    }
    if (down_ != nullptr) broadcast(result, sent);
  }

 private:
  // Children before parents. Returns how many of the root's children in the broadcast tree its last
  // op already stores the result to.
  std::size_t reduce() {
    values_.resize(plan_.ranks);
    first_op_.assign(plan_.ranks, kNoOp);
    std::vector<int> depth(plan_.ranks, 0);  // that the op after a rank's last one has
    for (auto rank = up_->order.rbegin(); rank != up_->order.rend(); ++rank) {
      values_[*rank] = {.location = input(*rank)};
      const auto children = up_->children(*rank);
      int next = 0;
      for (const int child : children) next = std::max(next, depth[child]);
      if (!children.empty()) depth[*rank] = combine(*rank, children, next);
    }
    NodeOp& last = plan_.ops[values_[slice_.root].op];
    last.finishes = true;
    if (down_ == nullptr) return 0;
    std::size_t sent = 0;
    for (const int child : down_->children(slice_.root)) {
      if (last.destinations.full()) break;
      last.destinations.push_back(output(child));
      ++sent;
    }
    return sent;
  }

  // own input + children, in file order, at most kMaxFan sources an op; each op after the first
  // goes on with the partial result of the one before. Returns the depth after the last op.
  int combine(int rank, std::span<const int> children, int depth) {
    const Location partial =
        rank == slice_.root || down_ != nullptr ? output(rank) : scratch_ring(rank);
    while (!children.empty()) {
      NodeOp op{.slice = id_, .rank = rank, .phase = Phase::Up, .depth = depth++};
      const int id = static_cast<int>(plan_.ops.size());
      add_source(values_[rank], id, op);
      const std::size_t taken = std::min(children.size(), kMaxFan - 1);
      for (const int child : children.first(taken)) add_source(values_[child], id, op);
      children = children.subspan(taken);
      op.destinations.push_back(partial);
      plan_.ops.push_back(op);
      if (first_op_[rank] == kNoOp) first_op_[rank] = id;
      values_[rank] = {.location = partial, .op = id};
    }
    return depth;
  }

  // `op` (to be number `id`) reads `value`. A ring slot of another rank is free again after that.
  void add_source(const Value& value, int id, NodeOp& op) {
    op.sources.push_back(value.location);
    if (value.op == kNoOp) return;
    op.waits.push_back({.op = value.op});
    const int writer = value.location.rank;
    if (value.location.ring_slots != 0 && writer != op.rank) {
      plan_.ops[first_op_[writer]].waits.push_back({.op = id, .lag = value.location.ring_slots});
    }
  }

  // Parents before children: each rank copies what it got to its children. The first `sent`
  // children of the root have it already.
  void broadcast(const Value& result, std::size_t sent) {
    std::vector<Value> values(plan_.ranks);
    std::vector<int> depth(plan_.ranks, 0);
    for (const int rank : down_->order) {
      std::vector<Location> destinations;
      auto children = down_->children(rank);
      if (rank == slice_.root) {
        values[rank] = result;
        if (result.op == kNoOp && !plan_.in_place) destinations.push_back(output(rank));
        for (const int child : children.first(sent)) values[child] = {output(child), result.op};
        children = children.subspan(sent);
      } else {
        depth[rank] = depth[down_->parent[rank]] + 1;
      }
      for (const int child : children) destinations.push_back(output(child));
      copy(rank, depth[rank], destinations, values);
    }
  }

  // From `rank`, at most kMaxFan destinations an op; notes in `values` what the others got.
  void copy(int rank,
            int depth,
            std::span<const Location> destinations,
            std::vector<Value>& values) {
    const Value from = values[rank];
    while (!destinations.empty()) {
      NodeOp op{.slice = id_, .rank = rank, .phase = Phase::Down, .depth = depth};
      const int id = static_cast<int>(plan_.ops.size());
      op.sources.push_back(from.location);
      if (from.op != kNoOp) op.waits.push_back({.op = from.op});
      const auto taken = destinations.first(std::min(destinations.size(), kMaxFan));
      for (const Location& destination : taken) {
        op.destinations.push_back(destination);
        if (destination.rank != rank) values[destination.rank] = {destination, id};
      }
      destinations = destinations.subspan(taken.size());
      plan_.ops.push_back(op);
    }
  }

  [[nodiscard]] Location input(int rank) const {
    const bool is_shard = plan_.collective == Collective::AllGather;
    return {.rank = rank, .buffer = Buffer::Input, .offset = offset(is_shard)};
  }
  [[nodiscard]] Location output(int rank) const {
    const bool is_shard = plan_.collective == Collective::ReduceScatter;
    return {.rank = rank, .buffer = Buffer::Output, .offset = offset(is_shard)};
  }
  // In a buffer that holds the root's shard only, or the whole.
  [[nodiscard]] std::uint64_t offset(bool is_shard) const {
    return is_shard ? slice_.begin - plan_.count * slice_.root : slice_.begin;
  }
  [[nodiscard]] Location scratch_ring(int rank) const {
    std::uint64_t& used = plan_.scratch[rank];
    const Location ring{
        .rank = rank, .buffer = Buffer::Scratch, .ring_slots = kRingSlots, .offset = used};
    used += std::min(plan_.chunk * kRingSlots, slice_.count);
    return ring;
  }

  Plan& plan_;
  const int id_;
  const Slice slice_;
  const TreeShape* up_ = nullptr;
  const TreeShape* down_ = nullptr;
  std::vector<Value> values_;  // for each rank; on the way up
  std::vector<int> first_op_;  // of each rank; on the way up
};

}  // namespace

void lower_slice(const ForestShape& forest, int slice, Plan& plan) {
  SliceLowering(forest, slice, plan).lower();
}

}  // namespace pleach
