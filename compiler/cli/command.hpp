// The commands of the tool, one file each.
#pragma once

#include <functional>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/cli/exit_code.hpp"

namespace pleach::cli {

// `app` holds the options of one command; `run` acts on the values that parsing left behind.
struct Command {
  CLI::App* app = nullptr;
  std::function<ExitCode()> run;
};

// Each adds its command to `tool`, which must outlive the result's use. Mistakes on the command
// line, also those between options, surface while `tool` parses, as a CLI::ParseError; `run`
// reports the user's other mistakes itself and lets MachineError and InternalError pass.
[[nodiscard]] Command add_bound_command(CLI::App& tool);
[[nodiscard]] Command add_compile_command(CLI::App& tool);
[[nodiscard]] Command add_verify_command(CLI::App& tool);
[[nodiscard]] Command add_explain_command(CLI::App& tool);
[[nodiscard]] Command add_run_command(CLI::App& tool);
[[nodiscard]] Command add_view_command(CLI::App& tool);
[[nodiscard]] Command add_tune_command(CLI::App& tool);
[[nodiscard]] std::vector<Command> add_export_commands(CLI::App& tool);
[[nodiscard]] std::vector<Command> add_topo_commands(CLI::App& tool);

}  // namespace pleach::cli
