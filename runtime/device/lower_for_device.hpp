// Lowers a schedule to a plan for GPUs.
#pragma once

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "runtime/device/device_budget.hpp"

namespace pleach {

// Lowers with as many channels as channels_within allows; `options.channels` and, unless there is a
// network, `options.hop` are chosen here.
// Errors: as lower_plan.
[[nodiscard]] Result<Plan> lower_for_device(const Schedule& schedule,
                                            PlanOptions options,
                                            const DeviceBudget& budget);

}  // namespace pleach
