// Reads and writes pleach-schedule/1 files.
#pragma once

#include <string>
#include <string_view>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

// Same schedule, same bytes: fixed key order, one tree, route or link a line, ends with \n.
// Bandwidths and latencies need a finite decimal; those of a validated Topology have one.
// Cost: linear in the text.
[[nodiscard]] std::string write_schedule(const Schedule& schedule);

// Errors: every mistake of form at once (syntax, missing or mistyped keys, indices out of range,
// fractions that are none, …), each with line and JSON pointer; past 20 one more that counts the
// rest. Whether trees span, shares add up and rates hold is for verify/ to say. Unknown keys are
// ignored. What write_schedule wrote reads back equal, but for the types of nodes without a rank.
// Cost: linear in the text.
[[nodiscard]] Result<Schedule> read_schedule(std::string_view text, const std::string& file);

}  // namespace pleach
