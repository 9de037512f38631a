#include "compiler/plan/lower_slice.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "compiler/plan/lower_plan.hpp"

namespace pleach {
namespace {

constexpr int kNoOp = -1;

// Where a rank's data is for those that read it, and the ops that put it there (none: it is the
// caller's input): the last one, and the first, which takes the ring slot.
struct Value {
  Location location;
  int op = kNoOp;
  int first_op = kNoOp;
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
    if (up_ != nullptr) result = reduce();
    if (down_ != nullptr) broadcast(result);
  }

 private:
  // Children before parents. Returns the result at the root.
  Value reduce() {
    values_.assign(plan_.ranks, {});
    for (auto rank = up_->order.rbegin(); rank != up_->order.rend(); ++rank) {
      Value value{.location = input(*rank)};
      if (!up_->children(*rank).empty()) value = combine(*rank, value);
      values_[*rank] = *rank == slice_.root ? value : hand_up(*rank, value);
    }
    const Value result = values_[slice_.root];
    plan_.ops[result.op].finishes = true;
    return result;
  }

  // own input + children, in file order, at most kMaxFan sources an op; each op after the first
  // goes on with the partial result of the one before.
  Value combine(int rank, Value value) {
    const Location partial = home_of_partial(rank);
    auto children = up_->children(rank);
    while (!children.empty()) {
      NodeOp op = op_of(rank, Phase::Up);
      add_source(value, op);
      const std::size_t taken = std::min(children.size(), kMaxFan - 1);
      for (const int child : children.first(taken)) add_source(values_[child], op);
      children = children.subspan(taken);
      const int id = add(op, partial);
      value = {
          .location = partial, .op = id, .first_op = value.first_op == kNoOp ? id : value.first_op};
    }
    return value;
  }

  // Partial results of an allreduce can wait in the rank's own output where the parent reaches it.
  Location home_of_partial(int rank) {
    if (rank == slice_.root) return output(rank);
    const bool in_output = down_ != nullptr && reach(rank, up_->parent[rank]) == Reach::Process;
    return in_output ? output(rank) : scratch_ring(rank, kRingSlots);
  }

  // What the parent reads: the value itself, or a copy where it reaches it.
  Value hand_up(int rank, const Value& value) {
    const int parent = up_->parent[rank];
    switch (reach(rank, parent)) {
      case Reach::Process: return value;
      case Reach::Host:
        return value.location.buffer == Buffer::Scratch ? value : stage(rank, Phase::Up, value);
      case Reach::Network: return send(rank, Phase::Up, value, parent);
    }
    return value;
  }

  // Parents before children: each rank copies what it got to its children. `got` is what a rank
  // reads its copy from: its own output where that has been filled.
  void broadcast(const Value& result) {
    std::vector<Value> got(plan_.ranks);
    std::vector<bool> served(plan_.ranks, false);
    got[slice_.root] = result;
    if (result.op != kNoOp) turn(result, got, served);
    for (const int rank : down_->order) {
      std::vector<Location> copies;
      if (lacks_own_copy(got[rank])) copies.push_back(output(rank));
      std::vector<int> near;
      std::vector<int> far;
      for (const int child : down_->children(rank)) {
        if (served[child]) continue;
        switch (reach(rank, child)) {
          case Reach::Process: copies.push_back(output(child)); break;
          case Reach::Host: near.push_back(child); break;
          case Reach::Network: far.push_back(child); break;
        }
      }
      copy(rank, copies, got);
      stage_for(rank, near, got);
      for (const int child : far) got[child] = send(rank, Phase::Down, got[rank], child);
    }
  }

  // The last op at the root of the way up stores the result to as many children as it can, too.
  void turn(const Value& result, std::vector<Value>& got, std::vector<bool>& served) {
    NodeOp& last = plan_.ops[result.op];
    for (const int child : down_->children(slice_.root)) {
      if (last.destinations.full()) break;
      if (reach(slice_.root, child) != Reach::Process) continue;
      last.destinations.push_back(output(child));
      got[child] = {.location = output(child), .op = result.op, .first_op = result.op};
      served[child] = true;
    }
  }

  // The root's is its input, still; what came through a ring is soon overwritten.
  [[nodiscard]] static bool lacks_own_copy(const Value& got) {
    return got.location.buffer != Buffer::Output;
  }

  // From `rank`, at most kMaxFan destinations an op; notes in `got` what the others have, and that
  // the rank itself has its own copy when the data came through a ring.
  void copy(int rank, std::span<const Location> destinations, std::vector<Value>& got) {
    while (!destinations.empty()) {
      NodeOp op = op_of(rank, Phase::Down);
      add_source(got[rank], op);
      const auto taken = destinations.first(std::min(destinations.size(), kMaxFan));
      const int id = add(op, taken);
      const bool from_ring = got[rank].location.buffer == Buffer::Scratch;
      for (const Location& destination : taken) {
        if (destination.rank == rank && !from_ring) continue;
        got[destination.rank] = {.location = destination, .op = id, .first_op = id};
      }
      destinations = destinations.subspan(taken.size());
    }
  }

  // One ring serves several children: each of them gives its slots back.
  void stage_for(int rank, std::span<const int> children, std::vector<Value>& got) {
    while (!children.empty()) {
      const Value staged = stage(rank, Phase::Down, got[rank]);
      const auto taken = children.first(std::min(children.size(), kMaxFan - 1));
      for (const int child : taken) got[child] = staged;
      children = children.subspan(taken.size());
    }
  }

  Value stage(int rank, Phase phase, const Value& value) {
    NodeOp op = op_of(rank, phase, NodeOp::Kind::Stage);
    add_source(value, op);
    const Location ring = scratch_ring(rank, kRingSlots);
    const int id = add(op, ring);
    return {.location = ring, .op = id, .first_op = id};
  }

  Value send(int rank, Phase phase, const Value& value, int to) {
    NodeOp op = op_of(rank, phase, NodeOp::Kind::Send);
    add_source(value, op);
    const Location ring = scratch_ring(to, kSendSlots);
    const int id = add(op, ring);
    return {.location = ring, .op = id, .first_op = id};
  }

  [[nodiscard]] NodeOp op_of(int rank,
                             Phase phase,
                             NodeOp::Kind kind = NodeOp::Kind::Compute) const {
    return {.slice = id_, .rank = rank, .phase = phase, .kind = kind};
  }

  // The next op of the plan, `op`, reads `value`. A ring slot is free again after that, which its
  // writer has to be told unless both are in one block.
  void add_source(const Value& value, NodeOp& op) {
    op.sources.push_back(value.location);
    if (value.op == kNoOp) return;
    op.waits.push_back({.op = value.op});
    const NodeOp& writer = plan_.ops[value.op];
    if (writer.phase == op.phase) op.depth = std::max(op.depth, writer.depth + 1);
    NodeOp& first = plan_.ops[value.first_op];
    if (value.location.ring_slots != 0 && !in_one_block(first, op)) {
      const int id = static_cast<int>(plan_.ops.size());
      first.waits.push_back({.op = id, .lag = value.location.ring_slots});
    }
  }

  int add(NodeOp& op, std::span<const Location> destinations) {
    for (const Location& destination : destinations) op.destinations.push_back(destination);
    plan_.ops.push_back(op);
    return static_cast<int>(plan_.ops.size()) - 1;
  }
  int add(NodeOp& op, const Location& destination) { return add(op, std::span(&destination, 1)); }

  [[nodiscard]] Reach reach(int a, int b) const { return plan_.placement.between(a, b); }

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
  [[nodiscard]] Location scratch_ring(int rank, std::uint32_t slots) const {
    std::uint64_t& used = plan_.scratch[rank];
    const Location ring{
        .rank = rank, .buffer = Buffer::Scratch, .ring_slots = slots, .offset = used};
    used += room_of(slice_, ring);
    return ring;
  }

  Plan& plan_;
  const int id_;
  const Slice slice_;
  const TreeShape* up_ = nullptr;
  const TreeShape* down_ = nullptr;
  std::vector<Value> values_;  // for each rank, what its parent reads; on the way up
};

}  // namespace

void lower_slice(const ForestShape& forest, int slice, Plan& plan) {
  SliceLowering(forest, slice, plan).lower();
}

}  // namespace pleach
