// The tool `pleach`: reads the command line, runs one command, turns what went wrong into an exit
// code.
#include <algorithm>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/usage.hpp"
#include "compiler/cli/version.hpp"
#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"

namespace pleach::cli {
namespace {

std::string version_text() {
  return std::string("pleach ") + kVersion + ", commit " + kCommit +
         "\nformats: pleach-topology/1, pleach-schedule/1, pleach-nccl-table/1";
}

// Ends the program at once: between two writes of a file there is nothing to undo, and during one
// the signal is held back (write_output).
extern "C" void exit_when_interrupted(int) { ::_exit(static_cast<int>(ExitCode::Interrupted)); }

void handle_interrupts() {
  struct sigaction action {};
  action.sa_handler = exit_when_interrupted;
  ::sigaction(SIGINT, &action, nullptr);
}

ExitCode run_tool(int argc, char** argv) {
  CLI::App tool("exact optimal rates and schedules for collectives on any machine network",
                "pleach");
  tool.formatter_fn(
      [](const CLI::App* app, const std::string&, CLI::AppFormatMode) { return help_text(*app); });
  tool.set_version_flag("--version", version_text(), "print the version, commit and file formats");
  tool.require_subcommand(1);
  tool.footer(
      "Exit codes: 0 done, 1 wrong input or failed check, 2 wrong usage, 3 machine failure,\n"
      "            70 a bug in pleach, 130 interrupted");

  std::vector<Command> commands = {add_bound_command(tool),   add_explain_command(tool),
                                   add_compile_command(tool), add_verify_command(tool),
                                   add_run_command(tool),     add_view_command(tool),
                                   add_tune_command(tool)};
  for (Command& command : add_export_commands(tool)) commands.push_back(std::move(command));
  for (Command& command : add_topo_commands(tool)) commands.push_back(std::move(command));

  try {
    tool.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(tool.help());
    return ExitCode::Done;
  } catch (const CLI::CallForVersion& version) {
    print(version.what() + std::string("\n"));
    return ExitCode::Done;
  } catch (const CLI::ParseError& error) {
    std::cerr << usage_error_text(tool, error);
    return ExitCode::Usage;
  }
  const auto chosen =
      std::ranges::find_if(commands, [](const Command& command) { return command.app->parsed(); });
  ENSURE(chosen != commands.end(), "the command line was accepted without a command");
  return chosen->run();
}

ExitCode guarded_main(int argc, char** argv) {
  try {
    return run_tool(argc, argv);
  } catch (const MachineError& error) {
    std::cerr << "pleach: " << error.what() << "\n";
    return ExitCode::MachineFailed;
  } catch (const std::bad_alloc&) {
    std::cerr << "pleach: out of memory\n";
    return ExitCode::MachineFailed;
  } catch (const std::exception& error) {
    std::cerr << "pleach: " << error.what()
              << "\nThis is a bug in pleach; please report it with the command and its input.\n";
    return ExitCode::OurBug;
  }
}

}  // namespace
}  // namespace pleach::cli

int main(int argc, char** argv) {
  pleach::cli::handle_interrupts();
  return static_cast<int>(pleach::cli::guarded_main(argc, argv));
}
