// What a kernel tells of an execution that did not end, in the words of the host's executor.
#pragma once

#include <optional>

#include "compiler/plan/plan.hpp"
#include "kernels/program.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

// What is in the record, once it is there.
[[nodiscard]] std::optional<device::Failure> failure_in(const device::Control& control);

// `plan`: that of failure.plan; not looked at for a small message (Failure::Wait::OneShot).
[[nodiscard]] Stall stall_of(const Plan* plan, const device::Failure& failure);

}  // namespace pleach
