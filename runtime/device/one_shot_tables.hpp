// Small messages in one step (kernels/one_shot.hpp): which calls go so, and the tables for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "compiler/core/collective.hpp"
#include "kernels/program.hpp"
#include "runtime/device/device.hpp"
#include "runtime/device/device_memory.hpp"

namespace pleach {

// What a rank stores for another one at most. Above it trees have less to move.
inline constexpr std::uint64_t kMostOneShotBytes = 64 << 10;
inline constexpr int kMostOneShotRanks = 32;

[[nodiscard]] constexpr std::uint64_t one_shot_slot_bytes(std::uint64_t bytes) {
  return (bytes + 7) / 8 * 16;
}
// Of one rank's slots.
[[nodiscard]] constexpr std::uint64_t one_shot_memory(int ranks) {
  return 2 * static_cast<std::uint64_t>(ranks) * one_shot_slot_bytes(kMostOneShotBytes);
}

// Nothing for a collective that does not wait for every rank (its slots would need more than
// flags), for nothing to move, and for more than `most` bytes between two ranks.
struct OneShotCall {
  device::OneShot::Kind kind = device::OneShot::Kind::AllReduce;
  std::uint64_t bytes = 0;
};
// `bytes`: of the whole buffer, or where each rank has a part, of a part.
[[nodiscard]] std::optional<OneShotCall> one_shot_call(Collective collective,
                                                       int ranks,
                                                       std::uint64_t bytes,
                                                       std::uint64_t most = kMostOneShotBytes);

// Blocks of one rank for such a call: a line for each thread, as far as there are blocks.
[[nodiscard]] std::uint32_t one_shot_blocks(const OneShotCall& call,
                                            std::uint32_t threads,
                                            std::uint32_t most);

// One rank's table in memory of a device.
class DeviceOneShot {
 public:
  // `slots`: one_shot_memory() of each rank, at addresses of this device.
  DeviceOneShot(Device& device,
                int rank,
                std::span<std::byte* const> slots,
                device::State* state,
                device::Control* control);

  [[nodiscard]] const device::OneShot* address() const { return memory_.as<device::OneShot>(); }

 private:
  DeviceMemory memory_;
};

}  // namespace pleach
