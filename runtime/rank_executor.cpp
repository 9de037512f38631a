#include "runtime/rank_executor.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "runtime/node_arithmetic.hpp"

namespace pleach {
namespace {

constexpr int kNone = -1;

// A rank may be some executions behind.
std::uint64_t since(std::uint64_t count, std::uint64_t base) {
  return std::max(count, base) - base;
}

}  // namespace

std::string to_string(const Stall& stall) {
  std::string text = "rank " + std::to_string(stall.rank) + " waits for rank " +
                     std::to_string(stall.peer) + " (" + stall.tree + ", channel " +
                     std::to_string(stall.channel) + ", chunk " + std::to_string(stall.chunk) + ")";
  if (!stall.entered) return text + ", which has not entered this call";
  return text + ": expected counter " + std::to_string(stall.expected) + ", seen " +
         std::to_string(stall.seen);
}

bool comes_before(const Stall& a, const Stall& b) {
  return std::tie(a.entered, a.at_the_end, a.chunk, a.phase, a.depth) <
         std::tie(b.entered, b.at_the_end, b.chunk, b.phase, b.depth);
}

RankExecutor::RankExecutor(const Plan& plan, int rank, std::vector<RankMemory> memory)
    : plan_(plan),
      rank_(rank),
      memory_(std::move(memory)),
      position_(positions_within_ranks(plan)),
      step_of_(plan.ops.size(), kNone),
      report_of_(plan.ops.size(), kNone) {
  const int ops = static_cast<int>(plan.ops.size());
  for (int id = 0; id < ops; ++id) {
    const NodeOp& op = plan.ops[id];
    const bool sends = op.kind == NodeOp::Kind::Send;
    if (sends && (op.rank == rank_ || op.destinations[0].rank == rank_)) {
      report_of_[id] = static_cast<int>(reports_.size());
      reports_.emplace_back();
    }
    if (op.rank == rank_) {
      add_step(id);
    } else if (!sends && touches(op, rank_)) {
      add_reader(id);
    }
  }
  for (Step& step : steps_) add_needs(step);
  find_final_destinations();
  const Plan unstaged = without_staging(plan);
  for (Step& step : steps_) {
    const NodeOp& direct = unstaged.ops[step.id];
    for (std::size_t i = 0; i < step.op->sources.size(); ++i) {
      const bool differs = direct.sources[i].buffer != step.op->sources[i].buffer;
      step.unstaged.push_back(differs ? std::optional(direct.sources[i]) : std::nullopt);
    }
  }
  for (const BlockProgram& block : plan.blocks) {
    if (block.rank != rank_) continue;
    Cursor cursor{.block = &block};
    for (const int op : block.ops) cursor.steps.push_back(step_of_[op]);
    cursors_.push_back(std::move(cursor));
  }
}

void RankExecutor::add_step(int id) {
  const NodeOp& op = plan_.ops[id];
  const Slice& slice = slice_of(plan_, op);
  step_of_[id] = static_cast<int>(steps_.size());
  Step step{.id = id,
            .op = &op,
            .slice = &slice,
            .chunks = num_chunks(slice),
            .counter = memory_[rank_].counters + position_[id]};
  if (op.kind == NodeOp::Kind::Send) {
    step.sends_to = op.destinations[0].rank;
  } else {
    for (const Location& location : op.sources) step.touched.push_back(location.rank);
    for (const Location& location : op.destinations) step.touched.push_back(location.rank);
    std::sort(step.touched.begin(), step.touched.end());
    step.touched.erase(std::unique(step.touched.begin(), step.touched.end()), step.touched.end());
    std::erase(step.touched, rank_);
  }
  steps_.push_back(std::move(step));
}

void RankExecutor::add_needs(Step& step) {
  for (const Wait& wait : step.op->waits) {
    step.needs.push_back(need_of(wait, step.id));
    const NodeOp& awaited = plan_.ops[wait.op];
    if (awaited.kind == NodeOp::Kind::Send && awaited.rank != rank_) step.frees.push_back(wait.op);
  }
}

void RankExecutor::find_final_destinations() {
  std::set<std::tuple<int, Buffer, std::uint64_t>> read;
  for (const NodeOp& op : plan_.ops) {
    for (const Location& source : op.sources) {
      read.insert({source.rank, source.buffer, source.offset});
    }
  }
  for (Step& step : steps_) {
    const auto& destinations = step.op->destinations;
    for (std::size_t i = 0; i < destinations.size(); ++i) {
      const Location& destination = destinations[i];
      if (read.contains({destination.rank, destination.buffer, destination.offset})) continue;
      step.final_destinations |= 1U << i;
    }
  }
}

void RankExecutor::add_reader(int id) { readers_.push_back(need_of({.op = id}, kNone)); }

RankExecutor::Need RankExecutor::need_of(const Wait& wait, int waiter) const {
  const NodeOp& op = plan_.ops[wait.op];
  Need need{.op = wait.op, .lag = wait.lag, .counted = num_chunks(slice_of(plan_, op))};
  if (plan_.placement.between(rank_, op.rank) != Reach::Network) {
    need.counter = memory_[op.rank].counters + position_[wait.op];
  } else if (op.kind == NodeOp::Kind::Send) {
    need.report = report_of_[wait.op];
  } else {
    need.report = report_of_[waiter];  // it sends, and the one awaited gives its slots back
    need.counted = slots_given_back(plan_, plan_.ops[waiter]);
  }
  ENSURE(need.counter != nullptr || need.report != kNone,
         "a wait across the network is for a send");
  return need;
}

void RankExecutor::move_scratch(std::span<std::byte* const> scratch) {
  for (std::size_t rank = 0; rank < memory_.size(); ++rank) memory_[rank].scratch = scratch[rank];
}

void RankExecutor::start(const Call& call, std::uint64_t execution, Neighbours& neighbours) {
  ENSURE(freed_.empty(), "an execution begins when the one before has ended");
  call_ = call;
  execution_ = execution;
  neighbours_ = &neighbours;
  done_readers_ = 0;
  for (Cursor& cursor : cursors_) {
    cursor.chunk = 0;
    cursor.next = 0;
    (void)skip_finished(cursor);
  }
}

RankExecutor::Turn RankExecutor::turn() {
  give_slots_back();
  bool ran = false;
  bool unfinished = false;
  for (Cursor& cursor : cursors_) {
    const Turn turn = take_turn(cursor);
    ran = ran || turn == Turn::Ran;
    unfinished = unfinished || turn != Turn::Done;
  }
  if (ran) return Turn::Ran;
  if (unfinished || !freed_.empty() || !all_sent() || !readers_done()) return Turn::Blocked;
  return Turn::Done;
}

RankExecutor::Turn RankExecutor::take_turn(Cursor& cursor) {
  if (!skip_finished(cursor)) return Turn::Done;
  Step& step = steps_[cursor.steps[cursor.next]];
  if (unmet(step, cursor.chunk) != nullptr) return Turn::Blocked;
  if (cursor.chunk == 0 && missing_rank(step)) return Turn::Blocked;
  if (!run(step, cursor.chunk)) return Turn::Blocked;
  ++cursor.next;
  (void)skip_finished(cursor);  // find_stall() may look before the next turn
  return Turn::Ran;
}

// Moves to the next op that has this chunk, or a later one. False at the end of the program.
bool RankExecutor::skip_finished(Cursor& cursor) const {
  for (; cursor.chunk < cursor.block->chunks; ++cursor.chunk, cursor.next = 0) {
    for (; cursor.next < cursor.steps.size(); ++cursor.next) {
      if (cursor.chunk < steps_[cursor.steps[cursor.next]].chunks) return true;
    }
  }
  return false;
}

// A rank whose memory the step touches and which has not entered this execution: it may still be
// using that memory for the one before.
std::optional<int> RankExecutor::missing_rank(const Step& step) const {
  if (step.sends_to != kNone) {
    return neighbours_->may_send_to(step.sends_to) ? std::nullopt : std::optional(step.sends_to);
  }
  for (const int rank : step.touched) {
    if (neighbours_->buffers_of(rank) == nullptr) return rank;
  }
  return std::nullopt;
}

std::uint64_t RankExecutor::seen(const Need& need) const {
  return need.counter != nullptr ? need.counter->load(std::memory_order_acquire)
                                 : reports_[need.report].count();
}

const RankExecutor::Need* RankExecutor::unmet(const Step& step, std::uint64_t chunk) const {
  for (const Need& need : step.needs) {
    if (chunk + 1 <= need.lag) continue;
    if (seen(need) < execution_ * need.counted + chunk + 1 - need.lag) return &need;
  }
  return nullptr;
}

bool RankExecutor::run(Step& step, std::uint64_t chunk) {
  const std::uint64_t number = execution_ * step.chunks + chunk;
  switch (step.op->kind) {
    case NodeOp::Kind::Send: {
      const std::size_t size = plan_.element_size;
      const Location& ring = step.op->destinations[0];
      return neighbours_->send(
          step.id, number,
          {source_address(step, 0, chunk), chunk_elements(*step.slice, chunk) * size},
          chunk_offset(*step.slice, ring, chunk) * size);
    }
    case NodeOp::Kind::Stage:
      if (!is_shared(step)) compute(step, chunk);
      break;
    case NodeOp::Kind::Compute: compute(step, chunk); break;
  }
  // Release: who sees the counter sees what was stored, and what was read is read.
  step.counter->store(number + 1, std::memory_order_release);
  for (const int op : step.frees) {
    const std::uint64_t slots = slots_given_back(plan_, plan_.ops[op]);
    if (chunk < slots) freed_.push_back({.op = op, .number = execution_ * slots + chunk});
  }
  return true;
}

void RankExecutor::compute(const Step& step, std::uint64_t chunk) const {
  const NodeOp& op = *step.op;
  std::array<const std::byte*, kMaxFan> sources{};
  std::array<std::byte*, kMaxFan> destinations{};
  for (std::size_t i = 0; i < op.sources.size(); ++i) sources[i] = source_address(step, i, chunk);
  for (std::size_t i = 0; i < op.destinations.size(); ++i) {
    destinations[i] = address(*step.slice, op.destinations[i], chunk);
  }
  run_arithmetic({.sources = std::span(sources).first(op.sources.size()),
                  .destinations = std::span(destinations).first(op.destinations.size()),
                  .count = chunk_elements(*step.slice, chunk),
                  .element_size = plan_.element_size,
                  .combine = call_.combine,
                  .divisor = op.finishes ? call_.divisor : 0,
                  .streamed = call_.streams ? step.final_destinations : 0});
}

bool RankExecutor::is_shared(const Step& stage) const {
  const Buffer buffer = stage.op->sources[0].buffer;
  return buffer == Buffer::Input ? call_.input_is_shared : call_.output_is_shared;
}

const std::byte* RankExecutor::source_address(const Step& step,
                                              std::size_t source,
                                              std::uint64_t chunk) const {
  const std::optional<Location>& unstaged = step.unstaged[source];
  if (unstaged) {
    const std::byte* const direct = address(*step.slice, *unstaged, chunk);
    if (direct != nullptr) return direct;
  }
  return address(*step.slice, step.op->sources[source], chunk);
}

// Null where the buffer is not shared with this process.
std::byte* RankExecutor::address(const Slice& slice,
                                 const Location& location,
                                 std::uint64_t chunk) const {
  std::byte* base = memory_[location.rank].scratch;
  if (location.buffer != Buffer::Scratch) {
    const RankBuffers* const theirs =
        location.rank == rank_ ? &call_.buffers : neighbours_->buffers_of(location.rank);
    // No op stores to an input (rule form of check_plan.hpp).
    base =
        location.buffer == Buffer::Input ? const_cast<std::byte*>(theirs->input) : theirs->output;
  }
  if (base == nullptr) return nullptr;
  return base + chunk_offset(slice, location, chunk) * plan_.element_size;
}

void RankExecutor::give_slots_back() {
  std::size_t given = 0;
  while (given < freed_.size() && neighbours_->give_back(freed_[given].op, freed_[given].number)) {
    ++given;
  }
  freed_.erase(freed_.begin(), freed_.begin() + static_cast<std::ptrdiff_t>(given));
}

bool RankExecutor::all_sent() const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.sends_to == kNone || step.sent.count() == (execution_ + 1) * step.chunks;
  });
}

bool RankExecutor::readers_done() {
  while (done_readers_ < readers_.size() &&
         seen(readers_[done_readers_]) >= (execution_ + 1) * readers_[done_readers_].counted) {
    ++done_readers_;
  }
  return done_readers_ == readers_.size();
}

void RankExecutor::arrived(int send_op, std::uint64_t number) {
  if (send_op < 0 || static_cast<std::size_t>(send_op) >= report_of_.size()) return;
  if (report_of_[send_op] == kNone || step_of_[send_op] != kNone) return;
  reports_[report_of_[send_op]].add(number);
}

void RankExecutor::given_back(int send_op, std::uint64_t number) {
  if (send_op < 0 || static_cast<std::size_t>(send_op) >= report_of_.size()) return;
  if (report_of_[send_op] == kNone || step_of_[send_op] == kNone) return;
  reports_[report_of_[send_op]].add(number);
}

void RankExecutor::sent(int send_op, std::uint64_t number) {
  if (send_op < 0 || static_cast<std::size_t>(send_op) >= step_of_.size()) return;
  if (step_of_[send_op] == kNone || steps_[step_of_[send_op]].sends_to == kNone) return;
  Step& step = steps_[step_of_[send_op]];
  step.sent.add(number);
  step.counter->store(step.sent.count(), std::memory_order_release);
}

const RankExecutor::Cursor* RankExecutor::stalled_cursor() const {
  const Cursor* first = nullptr;
  const auto key = [&](const Cursor& cursor) {
    const NodeOp& op = *steps_[cursor.steps[cursor.next]].op;
    return std::tuple(cursor.chunk, op.phase, op.depth);
  };
  for (const Cursor& cursor : cursors_) {
    if (cursor.chunk >= cursor.block->chunks) continue;
    if (first == nullptr || key(cursor) < key(*first)) first = &cursor;
  }
  return first;
}

// As far as it is known without looking at waits: for a send that there is no room for, all.
Stall RankExecutor::stall_of(const Step& step, std::uint64_t chunk) const {
  return {.rank = rank_,
          .peer = step.sends_to,
          .tree = tree_name(*step.slice, step.op->phase),
          .channel = step.slice->channel,
          .chunk = chunk,
          .expected = chunk + 1,
          .seen = since(step.sent.count(), execution_ * step.chunks),
          .phase = step.op->phase,
          .depth = step.op->depth};
}

std::optional<Stall> RankExecutor::find_stall() const {
  if (const Cursor* const cursor = stalled_cursor()) {
    const Step& step = steps_[cursor->steps[cursor->next]];
    Stall stall = stall_of(step, cursor->chunk);
    if (const Need* const need = unmet(step, cursor->chunk)) {
      stall.peer = plan_.ops[need->op].rank;
      stall.expected -= need->lag;
      stall.seen = since(seen(*need), execution_ * need->counted);
    } else if (const auto missing = missing_rank(step)) {
      stall.peer = *missing;
      stall.entered = false;
    }
    return stall;
  }
  for (const Step& step : steps_) {
    if (step.sends_to == kNone || step.sent.count() == (execution_ + 1) * step.chunks) continue;
    Stall stall = stall_of(step, step.chunks - 1);
    stall.at_the_end = true;
    return stall;
  }
  if (done_readers_ == readers_.size()) return std::nullopt;
  const Need& reader = readers_[done_readers_];
  const NodeOp& op = plan_.ops[reader.op];
  const Slice& slice = slice_of(plan_, op);
  return Stall{.rank = rank_,
               .peer = op.rank,
               .tree = tree_name(slice, op.phase),
               .channel = slice.channel,
               .chunk = reader.counted - 1,
               .expected = reader.counted,
               .seen = since(seen(reader), execution_ * reader.counted),
               .at_the_end = true,
               .phase = op.phase,
               .depth = op.depth};
}

}  // namespace pleach
