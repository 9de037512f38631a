#include "runtime/host_executor.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "runtime/node_arithmetic.hpp"

namespace pleach {

static_assert(kMaxSources >= kMaxFan);

std::string to_string(const Stall& stall) {
  return "rank " + std::to_string(stall.rank) + " waits for rank " + std::to_string(stall.peer) +
         " (" + stall.tree + ", channel " + std::to_string(stall.channel) + ", chunk " +
         std::to_string(stall.chunk) + "): expected counter " + std::to_string(stall.expected) +
         ", seen " + std::to_string(stall.seen);
}

HostExecutor::HostExecutor(Plan plan, DataType dtype, ReduceOp op)
    : plan_(std::move(plan)), combine_(combine_function(dtype, op)) {
  ENSURE(plan_.element_size == size_of(dtype), "a plan is lowered for elements of one size");
  if (op == ReduceOp::Avg && reduces(plan_.collective)) divisor_ = plan_.ranks;
  const std::uint64_t elements =
      std::accumulate(plan_.scratch.begin(), plan_.scratch.end(), std::uint64_t{0});
  scratch_.resize(elements * plan_.element_size);
  memory_.resize(plan_.ranks);
  finished_.resize(plan_.ops.size());
}

std::optional<Stall> HostExecutor::execute(std::span<const RankBuffers> buffers) {
  start(buffers);
  std::size_t unfinished = cursors_.size();
  while (unfinished > 0) {
    bool progress = false;
    unfinished = 0;
    for (Cursor& cursor : cursors_) {
      const Turn turn = take_turn(cursor);
      progress = progress || turn == Turn::Ran;
      if (turn != Turn::Done) ++unfinished;
    }
    if (unfinished > 0 && !progress) return find_stall();
  }
  return std::nullopt;
}

// Counters start again from zero: between executions nobody waits for one.
void HostExecutor::start(std::span<const RankBuffers> buffers) {
  ENSURE(buffers.size() == memory_.size(), "every rank has buffers");
  std::byte* scratch = scratch_.data();
  for (std::size_t rank = 0; rank < memory_.size(); ++rank) {
    // No op stores to an input (rule form of check_plan.hpp).
    memory_[rank].buffers = {const_cast<std::byte*>(buffers[rank].input), buffers[rank].output,
                             scratch};
    scratch += plan_.scratch[rank] * plan_.element_size;
  }
  std::fill(finished_.begin(), finished_.end(), 0);
  cursors_.clear();
  for (const BlockProgram& block : plan_.blocks) cursors_.push_back({.block = &block});
}

HostExecutor::Turn HostExecutor::take_turn(Cursor& cursor) {
  if (!skip_finished(cursor)) return Turn::Done;
  const int id = cursor.block->ops[cursor.next];
  const NodeOp& op = plan_.ops[id];
  if (unmet_wait(op, cursor.chunk) != nullptr) return Turn::Blocked;
  run(op, cursor.chunk);
  ++finished_[id];
  ++cursor.next;
  return Turn::Ran;
}

// Moves to the next op that has this chunk, or a later one. False at the end of the program.
bool HostExecutor::skip_finished(Cursor& cursor) const {
  const std::vector<int>& ops = cursor.block->ops;
  for (; cursor.chunk < cursor.block->chunks; ++cursor.chunk, cursor.next = 0) {
    for (; cursor.next < ops.size(); ++cursor.next) {
      if (cursor.chunk < num_chunks(plan_, plan_.ops[ops[cursor.next]])) return true;
    }
  }
  return false;
}

const Wait* HostExecutor::unmet_wait(const NodeOp& op, std::uint64_t chunk) const {
  for (const Wait& wait : op.waits) {
    // finished >= chunk + 1 - lag, without going below zero
    if (finished_[wait.op] + wait.lag < chunk + 1) return &wait;
  }
  return nullptr;
}

void HostExecutor::run(const NodeOp& op, std::uint64_t chunk) {
  BoundedList<const std::byte*, kMaxFan> sources;
  BoundedList<std::byte*, kMaxFan> destinations;
  for (const Location& source : op.sources) sources.push_back(address(source, chunk));
  for (const Location& destination : op.destinations) {
    destinations.push_back(address(destination, chunk));
  }
  run_arithmetic({.sources = {sources.begin(), sources.size()},
                  .destinations = {destinations.begin(), destinations.size()},
                  .count = chunk_elements(plan_, plan_.slices[op.slice], chunk),
                  .element_size = plan_.element_size,
                  .combine = combine_,
                  .divisor = op.finishes ? divisor_ : 0});
}

std::byte* HostExecutor::address(const Location& location, std::uint64_t chunk) const {
  std::byte* const buffer =
      memory_[location.rank].buffers[static_cast<std::size_t>(location.buffer)];
  return buffer + chunk_offset(plan_, location, chunk) * plan_.element_size;
}

Stall HostExecutor::find_stall() const {
  const NodeOp* first = nullptr;
  std::uint64_t first_chunk = 0;
  for (const Cursor& cursor : cursors_) {
    if (cursor.chunk >= cursor.block->chunks) continue;
    const NodeOp& op = plan_.ops[cursor.block->ops[cursor.next]];
    if (first == nullptr || std::tie(cursor.chunk, op.phase, op.depth) <
                                std::tie(first_chunk, first->phase, first->depth)) {
      first = &op;
      first_chunk = cursor.chunk;
    }
  }
  ENSURE(first != nullptr, "an execution that stalled has work left");
  const Wait* const wait = unmet_wait(*first, first_chunk);
  ENSURE(wait != nullptr, "a blocked op has a wait that is not met");
  const Slice& slice = plan_.slices[first->slice];
  return {.rank = first->rank,
          .peer = plan_.ops[wait->op].rank,
          .tree = tree_name(slice, first->phase),
          .channel = slice.channel,
          .chunk = first_chunk,
          .expected = first_chunk + 1 - wait->lag,
          .seen = finished_[wait->op]};
}

}  // namespace pleach
