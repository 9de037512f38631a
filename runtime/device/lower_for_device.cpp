#include "runtime/device/lower_for_device.hpp"

#include <algorithm>
#include <vector>

namespace pleach {

Result<Plan> lower_for_device(const Schedule& schedule,
                              PlanOptions options,
                              const DeviceBudget& budget) {
  const std::vector<int>& hosts = options.placement.host;
  const bool network = std::any_of(hosts.begin(), hosts.end(), [](int host) { return host != 0; });
  if (!network) options.hop = kDeviceHop;
  options.channels = 1;
  Result<Plan> one = lower_plan(schedule, options);
  if (!one.ok()) return one;
  options.channels = channels_within(budget, one.value());
  if (options.channels == 1) return one;
  return lower_plan(schedule, options);
}

}  // namespace pleach
