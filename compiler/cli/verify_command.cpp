// pleach verify: checks a schedule from the definitions.
#include <memory>
#include <string>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string schedule;
  std::string topology;  // empty: the one that travels with the schedule
  bool json = false;
};

nlohmann::ordered_json to_json(const Verification& verification) {
  auto violations = nlohmann::ordered_json::array();
  for (const Violation& violation : verification.violations) {
    violations.push_back(
        {{"rule", violation.rule}, {"where", violation.where}, {"message", violation.message}});
  }
  return {{"valid", verification.valid()},
          {"algbw", verification.algbw.to_string()},
          {"bound_algbw", verification.bound_algbw.to_string()},
          {"best_algbw", verification.best_algbw.to_string()},
          {"bound_is_least", verification.bound_is_least},
          {"violations", violations}};
}

std::string to_text(const Schedule& schedule, const Verification& verification) {
  std::string text = verification.valid()
                         ? "valid"
                         : "NOT valid, " + counted(verification.violations.size(), "violation");
  text += ": " + std::string(name_of(schedule.collective)) + " on " + schedule.topology.name +
          ", " + counted(schedule.topology.num_ranks(), "GPU") + "\n";
  if (!verification.valid()) {
    const bool needs_search = schedule.collective != Collective::AllReduce;
    if (needs_search && !verification.bound_is_least) {
      text += "  bound  not searched for a tighter cut, since other rules are broken\n";
    }
    return text;
  }
  const bool optimal = verification.algbw == verification.best_algbw;
  text += "  rate   " + rate_text(verification.algbw) + "\n";
  text += "  bound  " + rate_text(verification.bound_algbw);
  if (verification.best_algbw != verification.bound_algbw) {
    text += " by cuts, " + rate_text(verification.best_algbw) + " with balance at the switches";
  }
  return text + "; the schedule reaches " +
         percent_text(verification.algbw, verification.best_algbw) +
         (optimal ? ", optimal\n" : "\n");
}

ExitCode run(const Options& options) {
  const auto schedule = load_schedule(options.schedule);
  if (!schedule.ok()) return report(schedule.mistakes());
  Verification verification = verify_schedule(schedule.value());
  if (!options.topology.empty()) {
    const auto topology = load_topology(options.topology);
    if (!topology.ok()) return report(topology.mistakes());
    report_notes(topology.notes());
    for (Violation& violation : compare_topology(schedule.value(), topology.value())) {
      verification.violations.push_back(std::move(violation));
    }
  }
  if (options.json) {
    print_json(to_json(verification));
  } else {
    print(to_text(schedule.value(), verification));
  }
  if (verification.valid()) return ExitCode::Done;
  return report(to_diagnostics(verification.violations, options.schedule));
}

}  // namespace

Command add_verify_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "verify", "recompute a schedule's reach, order, loads, rate and bound from the definitions");
  add_schedule_argument(*app, options->schedule);
  add_topology_argument(*app, options->topology);
  add_json_flag(*app, options->json);
  app->final_callback([options] {
    if (options->schedule == "-" && options->topology == "-") {
      throw CLI::ValidationError("only one of SCHEDULE and TOPOLOGY can be standard input");
    }
  });
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
