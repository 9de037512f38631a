#include "runtime/device/lower_for_device.hpp"

#include <algorithm>

#include "runtime/device/program_tables.hpp"

namespace pleach {

Result<Plan> lower_for_device(const Schedule& schedule,
                              PlanOptions options,
                              const DeviceBudget& budget) {
  const std::vector<int>& hosts = options.placement.host;
  const bool network = std::any_of(hosts.begin(), hosts.end(), [](int host) { return host != 0; });
  if (!network) options.hop = kDeviceHop;
  options.channels = 1;
  Result<Plan> one = lower_plan(schedule, options);
  if (!one.ok() || one.value().slices.empty()) return one;
  const Plan& plan = one.value();
  std::uint64_t largest = 0;
  for (const Slice& slice : plan.slices) largest = std::max(largest, slice.count);
  const std::uint64_t blocks = std::max<std::uint64_t>(most_blocks_of_a_rank(plan), 1);
  const std::uint64_t channels = std::min<std::uint64_t>(
      {budget.blocks / blocks, largest * plan.element_size / kLeastSliceBytes,
       budget.most_channels});
  if (channels <= 1) return one;
  options.channels = static_cast<int>(channels);
  return lower_plan(schedule, options);
}

}  // namespace pleach
