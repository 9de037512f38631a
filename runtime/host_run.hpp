// Runs a schedule over real buffers in this process and measures it: `pleach run --backend host`.
//
// Every rank's buffers are ordinary memory of this process and one thread moves all the data, so
// the times say how fast this machine's memory executes the plan, not how fast a network would.
#pragma once

#include "runtime/run_schedule.hpp"

namespace pleach {

// See run_schedule.
[[nodiscard]] Result<RunReport> run_on_host(const Schedule& schedule, const RunOptions& options);

}  // namespace pleach
