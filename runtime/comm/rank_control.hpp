// What a rank shows the others of its host, in shared memory.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/comm/call.hpp"

namespace pleach {

inline constexpr std::uint64_t kNotShared = ~std::uint64_t{0};

// All zero before the first call. The rank itself alone writes.
struct alignas(64) RankControl {
  // Calls that the rank has entered. What follows is that of the last one; who reads this with
  // acquire sees it. It stays until the rank enters the next one, which it does not before everyone
  // who touches its memory in this one is done.
  std::atomic<std::uint64_t> entered;
  // The shape is there before the call is entered, for those that already wait in it: it is that of
  // call n while both counters are n, `changing` read last. Each word is a release store, so who
  // sees a word of the next call sees `changing` ahead.
  std::atomic<std::uint64_t> changing;
  std::atomic<std::uint64_t> shape[3];
  std::atomic<std::uint64_t> shown;
  // Where in the rank's heap its buffers are, or kNotShared; for its own process, their addresses.
  std::atomic<std::uint64_t> input_offset;
  std::atomic<std::uint64_t> output_offset;
  std::atomic<const std::byte*> input;
  std::atomic<std::byte*> output;
  // Calls that the rank has left: it reads nobody's memory any more.
  std::atomic<std::uint64_t> left;
  // The rank has given up; it enters no more calls.
  std::atomic<std::uint32_t> failed;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(RankControl) == 128);

}  // namespace pleach
