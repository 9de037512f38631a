// Waits of a kernel: each ends when it is met, after a time, or when the execution is called off.
#pragma once

#include <cstdint>

#include "kernels/program.hpp"
#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// Whose waits these are: where failures are told.
struct Watch {
  State* state;
  Control* control;
};

// Keeps what was waited for where it went wrong first, and calls the execution off for the rank's
// other blocks.
PLEACH_DEVICE void report(const Watch& watch, const Failure& failure) {
  if (add_acquire_release(&watch.state->failed, 1) == 0) {
    Failure& record = watch.control->failure;
    record.wait = failure.wait;
    record.called_off = failure.called_off;
    record.plan = failure.plan;
    record.rank = failure.rank;
    record.peer = failure.peer;
    record.op = failure.op;
    record.awaited = failure.awaited;
    record.chunk = failure.chunk;
    record.expected = failure.expected;
    record.seen = failure.seen;
    store_release(&record.there, 1);
  }
  store_relaxed(&watch.control->abort, 1);
}

// Loads with `look` until what it gave is `enough`; whether that came to be. Of one thread.
template <class Look, class Enough>
PLEACH_DEVICE bool await(const Watch& watch, Failure failure, Look look, Enough enough) {
  std::uint64_t start = 0;
  for (std::uint32_t spins = 1;; ++spins) {
    const std::uint64_t seen = look();
    if (enough(seen)) return true;
    pause();
    if (spins % kSpins != 0) continue;
    const bool called_off = load_relaxed(&watch.control->abort) != 0;
    const std::uint64_t now = clock_ns();
    if (start == 0) start = now;
    if (!called_off && now - start < watch.control->timeout_ns) continue;
    failure.called_off = called_off ? 1 : 0;
    failure.seen = seen;
    report(watch, failure);
    return false;
  }
}

// Until `counter` is at least failure.expected.
PLEACH_DEVICE bool await_counter(const Watch& watch,
                                 const std::uint64_t* counter,
                                 const Failure& failure) {
  return await(
      watch, failure, [=] { return load_acquire(counter); },
      [expected = failure.expected](std::uint64_t seen) { return seen >= expected; });
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
