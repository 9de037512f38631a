// What the tool says: results on stdout, diagnostics on stderr.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "compiler/cli/exit_code.hpp"
#include "compiler/core/result.hpp"

namespace pleach::cli {

// Writes all of `text` to standard output, or throws MachineError.
void print(std::string_view text);
// One line. Keys keep the order in which they were added.
void print_json(const nlohmann::ordered_json& object);

// Writes the diagnostics, the first hundred of them, to standard error. Returns InputWrong, for the
// caller to return.
ExitCode report(const Diagnostics& mistakes);

// Writes every note to standard error.
void report_notes(const Diagnostics& notes);

}  // namespace pleach::cli
