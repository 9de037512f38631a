// How many channels and how large chunks a plan for GPUs has.
#pragma once

#include <cstdint>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/plan/lower_plan.hpp"

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

// Lowers with as many channels as the budget allows, but no more than leave a slice
// kLeastSliceBytes; `options.channels` and, unless there is a network, `options.hop` are chosen
// here. A plan that needs more blocks than there are with one channel has one (its blocks are
// joined when the tables are made).
// Errors: as lower_plan.
[[nodiscard]] Result<Plan> lower_for_device(const Schedule& schedule,
                                            PlanOptions options,
                                            const DeviceBudget& budget);

}  // namespace pleach
