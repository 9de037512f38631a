// pleach explain: what limits a machine, or a schedule's machine, in words.
#include <memory>
#include <string>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/explain_json.hpp"
#include "compiler/cli/explain_text.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/machine_or_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/explain/explain.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string input;
  CollectiveOptions collective;
  const CLI::Option* collective_option = nullptr;
  bool json = false;
};

// A schedule knows its collective; another one can not be asked for.
std::optional<Diagnostic> find_option_mistake(const Options& options, const Schedule& schedule) {
  if (options.collective_option->count() == 0 && !options.collective.root) return std::nullopt;
  return Diagnostic{.file = options.input,
                    .pointer = "",
                    .message = "this is a schedule, for " +
                               std::string(name_of(schedule.collective)) +
                               "; -c and --root go with a TOPOLOGY",
                    .expected = "",
                    .fix = "leave -c and --root away, or name the machine"};
}

ExitCode explain_schedule_file(const Options& options, const Schedule& schedule) {
  if (const auto mistake = find_option_mistake(options, schedule)) return report({*mistake});
  const Verification verification = verify_schedule(schedule);
  if (!verification.valid()) {
    return report(to_diagnostics(verification.violations, options.input));
  }
  const int root = has_root(schedule.collective) ? root_of(schedule) : 0;
  const Explanation machine = explain(schedule.topology, schedule.collective, root);
  const ScheduleExplanation trees = explain_schedule(schedule);
  if (options.json) {
    auto json = to_json(schedule.topology, machine);
    json["schedule"] = to_json(schedule, trees);
    print_json(json);
  } else {
    print(explanation_text(schedule.topology, machine) + schedule_text(schedule, trees));
  }
  return ExitCode::Done;
}

ExitCode run(const Options& options) {
  const auto loaded = load_machine_or_schedule(options.input);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  if (loaded.value().schedule) return explain_schedule_file(options, *loaded.value().schedule);
  const Topology& topology = loaded.value().topology;
  if (const auto mistake = find_root_mistake(options.collective, topology, options.input)) {
    return report({*mistake});
  }
  const Explanation explanation =
      explain(topology, options.collective.collective, options.collective.root.value_or(0));
  if (options.json) {
    print_json(to_json(topology, explanation));
  } else {
    print(explanation_text(topology, explanation));
  }
  return ExitCode::Done;
}

}  // namespace

Command add_explain_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "explain", "what limits a machine, in words: which boxes and links, what comes next");
  add_machine_or_schedule_argument(*app, options->input);
  add_collective_options(*app, options->collective);
  options->collective_option = app->get_option("-c");
  add_json_flag(*app, options->json);
  app->final_callback([options] { check_collective_options(options->collective); });
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
