#include "runtime/device/device_failure.hpp"

#include <algorithm>
#include <atomic>

#include "compiler/core/check.hpp"
#include "runtime/device/network_layout.hpp"

namespace pleach {
namespace {

using Cause = device::Failure::Wait;

Stall of_op(const Plan& plan, const NodeOp& op, const device::Failure& failure) {
  const Slice& slice = slice_of(plan, op);
  return {.rank = static_cast<int>(failure.rank),
          .peer = 0,
          .tree = tree_name(slice, op.phase),
          .channel = slice.channel,
          .chunk = failure.chunk,
          .called_off = failure.called_off != 0,
          .phase = op.phase,
          .depth = op.depth};
}

// Counters count all executions; a person wants to know of this one, which ends at `chunks`.
void count(const device::Failure& failure, std::uint64_t expected, Stall& stall) {
  const std::uint64_t before = failure.expected - expected;
  stall.expected = expected;
  stall.seen = std::max(failure.seen, before) - before;
}

}  // namespace

std::optional<device::Failure> failure_in(const device::Control& control) {
  const std::atomic_ref there(const_cast<std::uint32_t&>(control.failure.there));
  if (there.load(std::memory_order_acquire) == 0) return std::nullopt;
  return control.failure;
}

Stall stall_of(const Plan* plan, const device::Failure& failure) {
  if (failure.wait == Cause::OneShot) {
    return {.rank = static_cast<int>(failure.rank),
            .peer = static_cast<int>(failure.seen),
            .tree = "a small message",
            .chunk = failure.chunk,
            .expected = 1,
            .called_off = failure.called_off != 0};
  }
  ENSURE(plan != nullptr && failure.op < plan->ops.size(), "a failure is of an op of its plan");
  const NodeOp& op = plan->ops[failure.op];
  Stall stall = of_op(*plan, op, failure);
  switch (failure.wait) {
    case Cause::Entry:
      stall.peer = static_cast<int>(failure.peer);
      stall.entered = false;
      break;
    case Cause::Op: {
      // The last wait of a send op is for its own staging slot, which the plan has not.
      const bool own = failure.awaited >= op.waits.size();
      const Wait wait = own ? Wait{.lag = kStagingSlots} : op.waits[failure.awaited];
      stall.peer = own ? op.destinations[0].rank : plan->ops[wait.op].rank;
      count(failure, std::min(failure.expected, failure.chunk + 1 - wait.lag), stall);
      break;
    }
    case Cause::End: {
      const std::uint64_t chunks = num_chunks(slice_of(*plan, op));
      // A rank waits for others' ops, and for its own sends to leave.
      stall.peer = op.kind == NodeOp::Kind::Send ? op.destinations[0].rank : op.rank;
      stall.at_the_end = true;
      stall.chunk = chunks - 1;
      count(failure, chunks, stall);
      break;
    }
    case Cause::OneShot: break;
  }
  return stall;
}

}  // namespace pleach
