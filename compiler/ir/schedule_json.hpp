// Reads and writes pleach-schedule/1 files.
#pragma once

#include <string>
#include <string_view>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

// Same schedule, same bytes: fixed key order, one tree, route or link a line, ends with \n.
[[nodiscard]] std::string write_schedule(const Schedule& schedule);

// Errors: every mistake of form at once (syntax, missing or mistyped keys, indices out of range,
// fractions that are none, …), each with line and JSON pointer. Whether trees span, shares add up
// and rates hold is for verify/ to say. Unknown keys are ignored.
[[nodiscard]] Result<Schedule> read_schedule(std::string_view text, const std::string& file);

}  // namespace pleach
