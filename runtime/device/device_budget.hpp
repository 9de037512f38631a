// How many channels and how large chunks a plan for GPUs has.
#pragma once

#include <cstdint>

#include "compiler/plan/chunk_size.hpp"
#include "compiler/plan/plan.hpp"

namespace pleach {

// A hop between GPUs costs a fence, a flag and two barriers; a block moves as much as a few copy
// loops can keep under way. (NCCL's tuning has 3.4 to 4.0 us for such a hop, NVLink 20 to 45 GB/s a
// block.)
inline constexpr HopCost kDeviceHop{
    .seconds = 2e-6, .bytes_per_second = 25e9, .least_bytes = 16 << 10, .most_bytes = 512 << 10};
inline constexpr std::uint64_t kLeastSliceBytes = 16 << 10;

struct DeviceBudget {
  std::uint32_t blocks = 1;         // that the plan may have, for the rank with most of them
  std::uint32_t most_channels = 1;  // whatever is left
};

// Channels for a plan, whose like with one channel is `one`: as many as the budget allows, but no
// more than leave a slice kLeastSliceBytes. A plan that needs more blocks than there are with one
// channel has one (its blocks are joined when the tables are made).
[[nodiscard]] int channels_within(const DeviceBudget& budget, const Plan& one);

}  // namespace pleach
