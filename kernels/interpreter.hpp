// The kernel: every block executes its list of node ops, chunk by chunk.
//
//   for each chunk, for each op:  wait -> combine sources -> store to destinations -> signal
//
// Blocks wait for one another, so all of a launch are resident at once (a cooperative launch), and
// a plan's order keeps them from waiting in a circle (compiler/plan/plan.hpp).
#pragma once

#include <cstdint>

#include "kernels/execution.hpp"
#include "kernels/move.hpp"
#include "kernels/program.hpp"
#include "kernels/shim.hpp"
#include "kernels/wait.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// A block's shared memory.
struct Shared {
  std::byte* base[kMostBases];  // null: not shared with this process
  Op op;
  Work work;
};

// Position in the launch; kNone for a rank that is not in it.
PLEACH_DEVICE std::uint32_t find_rank(const Launch& launch, std::uint32_t rank) {
  for (std::uint32_t i = 0; i < launch.num_ranks; ++i) {
    if (launch.ranks[i].rank == rank) return i;
  }
  return kNone;
}

template <class Arithmetic>
class BlockInterpreter {
 public:
  PLEACH_DEVICE BlockInterpreter(const Thread& thread,
                                 Shared& shared,
                                 const Launch& launch,
                                 const LaunchRank& mine,
                                 std::uint32_t number)
      : thread_(thread),
        shared_(shared),
        launch_(launch),
        mine_(mine),
        program_(*mine.program),
        block_(program_.blocks[number]),
        watch_{program_.state, program_.control},
        number_(number),
        execution_(program_.state->executions) {}

  PLEACH_DEVICE void run() {
    if (number_ == 0 && thread_.index() == 0) enter();
    const bool done = thread_.sync_and(find_bases()) && run_chunks() && await_ends();
    (void)done;  // what failed has been told
    if (thread_.index() == 0) leave(*program_.state, execution_, program_.num_blocks);
  }

 private:
  // Shows the rank's buffers to ranks of other launches.
  PLEACH_DEVICE void enter() {
    State& state = *program_.state;
    state.input = reinterpret_cast<std::uint64_t>(mine_.input);
    state.output = reinterpret_cast<std::uint64_t>(mine_.output);
    state.input_region = mine_.input_region;
    state.output_region = mine_.output_region;
    store_release(&state.entered, execution_ + 1);
    if (program_.has_network != 0) {
      Control& control = *program_.control;
      control.begun_plan = program_.plan;
      store_release(&control.begun, control.begun + 1);
    }
  }

  // Waits for the ranks whose memory the block touches.
  PLEACH_DEVICE bool find_bases() {
    bool ok = true;
    for (std::uint32_t i = thread_.index(); i < block_.num_bases; i += thread_.count()) {
      const Base& base = program_.bases[block_.first_base + i];
      const std::uint32_t local = find_rank(launch_, base.rank);
      if (local == kNone) {
        ok = ok && await_entry(base);
        if (ok) shared_.base[i] = peer_address(base);
      } else {
        const LaunchRank& rank = launch_.ranks[local];
        switch (base.kind) {
          case Base::Kind::Fixed: shared_.base[i] = base.address; break;
          case Base::Kind::Input: shared_.base[i] = const_cast<std::byte*>(rank.input); break;
          case Base::Kind::Output: shared_.base[i] = rank.output; break;
          case Base::Kind::InputRegion:
            shared_.base[i] = rank.input_region != 0 ? const_cast<std::byte*>(rank.input) : nullptr;
            break;
          case Base::Kind::OutputRegion:
            shared_.base[i] = rank.output_region != 0 ? rank.output : nullptr;
            break;
        }
      }
    }
    return ok;
  }

  PLEACH_DEVICE bool await_entry(const Base& base) const {
    if (base.entry == nullptr) return true;
    return await_counter(watch_, &base.entry->entered,
                         {.wait = Failure::Wait::Entry,
                          .plan = program_.plan,
                          .rank = program_.rank,
                          .peer = base.rank,
                          .op = program_.ops[block_.first_op].id,
                          .expected = execution_ + 1});
  }

  // Of a rank that has entered, and does not leave before this block is through.
  PLEACH_DEVICE static std::byte* peer_address(const Base& base) {
    if (base.kind == Base::Kind::Fixed) return base.address;
    const bool input = base.kind == Base::Kind::Input;
    if (base.regions == nullptr) {
      return reinterpret_cast<std::byte*>(input ? base.entry->input : base.entry->output);
    }
    const std::uint64_t place = input ? base.entry->input_region : base.entry->output_region;
    if (place == 0) return nullptr;
    const std::uint64_t offset = place & ((std::uint64_t{1} << kRegionShift) - 1);
    return base.regions[(place >> kRegionShift) - 1] + offset;
  }

  PLEACH_DEVICE bool run_chunks() {
    for (std::uint64_t chunk = 0; chunk < block_.chunks; ++chunk) {
      for (std::uint32_t i = 0; i < block_.num_ops; ++i) {
        const Op& op = program_.ops[block_.first_op + i];
        if (chunk >= op.chunks) continue;
        if (chunk == 0 || block_.num_ops > 1) fetch(op);
        if (!run_op(chunk)) return false;
      }
    }
    return true;
  }

  // The op into shared memory, of which every thread reads a part. Nobody uses the one before.
  PLEACH_DEVICE void fetch(const Op& op) {
    const auto* const from = reinterpret_cast<const std::byte*>(&op);
    auto* const to = reinterpret_cast<std::byte*>(&shared_.op);
    for (std::uint32_t at = thread_.index() * 16; at < sizeof(Op); at += thread_.count() * 16) {
      Vector16 part;
      memcpy(&part, from + at, sizeof part);
      memcpy(to + at, &part, sizeof part);
    }
    thread_.sync();
  }

  PLEACH_DEVICE bool run_op(std::uint64_t chunk) {
    const Op& op = shared_.op;
    bool ok = true;
    for (std::uint32_t i = thread_.index(); i < op.waits; i += thread_.count()) {
      ok = ok && await_op(op, i, chunk);
    }
    lay_out(op, chunk);
    // Every thread takes what it needs of the op before the last barrier: after it the next op may
    // take its place.
    std::uint64_t* const counter = op.counter;
    std::uint64_t* const host_counter = op.host_counter;
    const std::uint64_t finished = execution_ * op.chunks + chunk + 1;
    const bool omits = op.omit != kNone && shared_.base[op.omit] != nullptr;
    if (!thread_.sync_and(ok)) return false;
    if (!omits) Arithmetic::run(thread_, shared_.work);
    thread_.sync();
    if (thread_.index() == 0) {
      store_release(counter, finished);
      if (host_counter != nullptr) store_release(host_counter, finished);
    }
    return true;
  }

  PLEACH_DEVICE bool await_op(const Op& op, std::uint32_t position, std::uint64_t chunk) const {
    const Wait& wait = op.wait[position];
    if (chunk + 1 <= wait.lag) return true;
    return await_counter(watch_, wait.counter,
                         {.wait = Failure::Wait::Op,
                          .plan = program_.plan,
                          .rank = program_.rank,
                          .op = op.id,
                          .awaited = position,
                          .chunk = chunk,
                          .expected = execution_ * op.chunks + chunk + 1 - wait.lag});
  }

  PLEACH_DEVICE void lay_out(const Op& op, std::uint64_t chunk) {
    Work& work = shared_.work;
    const std::uint32_t locations = op.sources + op.destinations;
    for (std::uint32_t i = thread_.index(); i < locations; i += thread_.count()) {
      if (i < op.sources) {
        work.source[i] = source_address(op, i, chunk);
      } else {
        work.destination[i - op.sources] = address(op, op.destination[i - op.sources], chunk);
      }
    }
    if (thread_.index() == 0) {
      work.bytes = chunk + 1 == op.chunks ? op.last_bytes : op.chunk_bytes;
      work.sources = op.sources;
      work.destinations = op.destinations;
      work.divisor = op.finishes != 0 ? launch_.divisor : 0;
      work.bulk = launch_.bulk;
    }
  }

  // What a source is a staged copy of, where this process reaches that.
  PLEACH_DEVICE const std::byte* source_address(const Op& op,
                                                std::uint32_t source,
                                                std::uint64_t chunk) const {
    if (op.direct != kNone) {
      const Place& direct = program_.direct[op.direct + source];
      if (direct.base != kNone && shared_.base[direct.base] != nullptr) {
        return address(op, direct, chunk);
      }
    }
    return address(op, op.source[source], chunk);
  }

  PLEACH_DEVICE std::byte* address(const Op& op, const Place& place, std::uint64_t chunk) const {
    const std::uint64_t slot = place.ring_slots == 0 ? chunk : chunk % place.ring_slots;
    return shared_.base[place.base] + place.offset + slot * op.chunk_bytes;
  }

  // Ops of other launches that touch the rank's memory; each block waits for a part of them.
  PLEACH_DEVICE bool await_ends() {
    bool ok = true;
    for (std::uint32_t i = thread_.index(); i < block_.num_ends; i += thread_.count()) {
      const End& end = program_.ends[block_.first_end + i];
      if (find_rank(launch_, end.rank) != kNone) continue;  // it ends with this launch
      ok = ok && await_counter(watch_, end.counter,
                               {.wait = Failure::Wait::End,
                                .plan = program_.plan,
                                .rank = program_.rank,
                                .op = end.op,
                                .expected = (execution_ + 1) * end.chunks});
    }
    return thread_.sync_and(ok);
  }

  const Thread& thread_;
  Shared& shared_;
  const Launch& launch_;
  const LaunchRank& mine_;
  const Program& program_;
  const Block& block_;
  const Watch watch_;
  const std::uint32_t number_;
  const std::uint64_t execution_;
};

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
