// Help, and what the tool says about a command line that is wrong.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace pleach::cli {

// The help of the tool or of one command: what it does, the usage line, each argument.
[[nodiscard]] std::string help_text(const CLI::App& app);

// What is wrong with the command line that made `tool` throw `error`, in one or two lines: the
// argument as it was given, "did you mean", where to find help.
[[nodiscard]] std::string usage_error_text(const CLI::App& tool, const CLI::ParseError& error);

}  // namespace pleach::cli
