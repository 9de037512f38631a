// Schedule files, as the commands that take one read them.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::cli {

// The required positional SCHEDULE.
void add_schedule_argument(CLI::App& app, std::string& name);

// Reads a pleach-schedule/1 file, or standard input for "-". Errors: those of the file system, and
// every mistake of form that read_schedule finds.
[[nodiscard]] Result<Schedule> load_schedule(const std::string& name);

// What verify found, as mistakes in the schedule's file.
[[nodiscard]] Diagnostics to_diagnostics(const std::vector<Violation>& violations,
                                         const std::string& file);

}  // namespace pleach::cli
