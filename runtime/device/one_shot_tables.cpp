#include "runtime/device/one_shot_tables.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "compiler/core/check.hpp"

namespace pleach {

std::optional<OneShotCall> one_shot_call(Collective collective,
                                         int ranks,
                                         std::uint64_t bytes,
                                         std::uint64_t most) {
  if (bytes == 0 || bytes > std::min(most, kMostOneShotBytes) || ranks > kMostOneShotRanks) {
    return std::nullopt;
  }
  switch (collective) {
    case Collective::AllReduce:
      return OneShotCall{.kind = device::OneShot::Kind::AllReduce, .bytes = bytes};
    case Collective::AllGather:
      return OneShotCall{.kind = device::OneShot::Kind::AllGather, .bytes = bytes};
    case Collective::ReduceScatter:
      return OneShotCall{.kind = device::OneShot::Kind::ReduceScatter, .bytes = bytes};
    case Collective::Broadcast:
    case Collective::Reduce: break;
  }
  return std::nullopt;
}

std::uint32_t one_shot_blocks(const OneShotCall& call, std::uint32_t threads, std::uint32_t most) {
  const std::uint64_t lines = (call.bytes + 7) / 8;
  const std::uint64_t blocks = (lines + threads - 1) / threads;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(blocks, 1, most));
}

DeviceOneShot::DeviceOneShot(Device& device,
                             int rank,
                             std::span<std::byte* const> slots,
                             device::State* state,
                             device::Control* control) {
  ENSURE(rank >= 0 && static_cast<std::size_t>(rank) < slots.size(), "a rank is one of all");
  std::vector<std::byte> image(sizeof(device::OneShot) + slots.size_bytes());
  memory_ = DeviceMemory(device, image.size());
  const device::OneShot table{
      .state = state,
      .control = control,
      .slots = reinterpret_cast<std::byte* const*>(memory_.get() + sizeof(device::OneShot)),
      .slot_bytes = one_shot_slot_bytes(kMostOneShotBytes),
      .rank = static_cast<std::uint32_t>(rank),
      .ranks = static_cast<std::uint32_t>(slots.size())};
  std::memcpy(image.data(), &table, sizeof table);
  std::memcpy(image.data() + sizeof table, slots.data(), slots.size_bytes());
  device.write(memory_.get(), image);
}

}  // namespace pleach
