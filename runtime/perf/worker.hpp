// One thread of a benchmark: makes its ranks, measures every size, checks the results.
#pragma once

#include <functional>

#include "runtime/perf/job.hpp"

namespace pleach::perf {

// Worker `number` of job.workers(); all run at the same time, each in a thread of its own. Returns
// the same report on each. `progress` is told when all are ready, and after each row.
// Throws MachineError: a peer that is gone, memory that is not there, a rival that is missing.
[[nodiscard]] Report run_worker(const Job& job,
                                int number,
                                const std::function<void(const Report&)>& progress);

}  // namespace pleach::perf
