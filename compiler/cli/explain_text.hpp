// An explanation in words, for a terminal of 100 columns.
#pragma once

#include <string>

#include "compiler/explain/explain_schedule.hpp"
#include "compiler/explain/explanation.hpp"

namespace pleach::cli {

// The verdict first, then for each flow of data its bottleneck and what limits next, what faster
// links and fewer trees would do, and the forwarders that are not balanced.
[[nodiscard]] std::string explanation_text(const Topology& topology,
                                           const Explanation& explanation);

// What the schedule reaches of that, and how busy its links are.
[[nodiscard]] std::string schedule_text(const Schedule& schedule,
                                        const ScheduleExplanation& explanation);

}  // namespace pleach::cli
