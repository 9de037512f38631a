// pleach compile: from a machine to a schedule file, checked before it is written.
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <sys/resource.h>

#include "compiler/cli/command.hpp"
#include "compiler/cli/compile_within.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/output.hpp"
#include "compiler/cli/progress_line.hpp"
#include "compiler/cli/text.hpp"
#include "compiler/core/check.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/ir/tree_height.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string topology;
  CollectiveOptions collective;
  std::optional<std::int64_t> trees_per_root;
  std::optional<Rational> tolerance;  // a fraction of the optimum
  std::optional<double> time_limit;   // seconds
  std::string output = "-";
  bool json = false;
};

// Seconds of the whole command; `total` also holds what has no field of its own, such as reading.
struct Seconds {
  PassSeconds passes;
  double verify = 0;
  double write = 0;
  double total = 0;
};

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;  // Linux counts in KiB
}

std::size_t count_trees(const Schedule& schedule) {
  return schedule.broadcast_trees.size() + schedule.reduce_trees.size();
}

std::string tree_lists_text(const Compiled& compiled) {
  const TreeHeights heights = tree_heights(compiled.schedule);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), ", at most %d GPU-to-GPU hops deep, %.2f on average",
                heights.max, to_hundredths(heights.mean));
  return std::to_string(count_trees(compiled.schedule)) + " different, " +
         compiled.trees_per_root.to_string() + " equal shares for each root" + text.data();
}

std::string seconds_text(const Seconds& seconds) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                "%.3f s (bound %.3f s, split %.3f s, pack %.3f s, verify %.3f s, write %.3f s)",
                seconds.total, seconds.passes.bound, seconds.passes.split, seconds.passes.pack,
                seconds.verify, seconds.write);
  return text.data();
}

std::string bound_text(const ScheduleBound& bound) {
  if (bound.best() == bound.algbw) return rate_text(bound.algbw);
  return rate_text(bound.algbw) + " by cuts, " + rate_text(bound.best()) +
         " with balance at the switches";
}

std::string to_text(const Options& options, const Compiled& compiled, const Seconds& seconds) {
  const Schedule& schedule = compiled.schedule;
  const bool optimal = schedule.algbw == schedule.bound.best();
  return options.output + ": " + std::string(name_of(schedule.collective)) + " on " +
         schedule.topology.name + ", " + counted(schedule.topology.num_ranks(), "GPU") + "\n" +
         "  rate    " + rate_text(schedule.algbw) + "\n" + "  bound   " +
         bound_text(schedule.bound) + "; the schedule reaches " +
         percent_text(schedule.algbw, schedule.bound.best()) + (optimal ? ", optimal\n" : "\n") +
         "  trees   " + tree_lists_text(compiled) + "\n" + "  method  " +
         schedule.generator.method + "\n" + "  time    " + seconds_text(seconds) + "\n" +
         "  memory  " + std::to_string(peak_rss_bytes() >> 20) + " MiB at the peak\n";
}

nlohmann::ordered_json to_json(const Compiled& compiled, const Seconds& seconds) {
  const Schedule& schedule = compiled.schedule;
  const TreeHeights heights = tree_heights(schedule);
  return {{"collective", name_of(schedule.collective)},
          {"compute_nodes", schedule.topology.num_ranks()},
          {"bound_algbw", schedule.bound.algbw.to_string()},
          {"algbw", schedule.algbw.to_string()},
          {"best_algbw", schedule.bound.best().to_string()},
          {"optimal", schedule.algbw == schedule.bound.best()},
          {"percent_of_bound", to_hundredths(schedule.algbw / schedule.bound.algbw * 100)},
          {"trees", count_trees(schedule)},
          {"trees_per_root", json_integer(compiled.trees_per_root)},
          {"max_height", heights.max},
          {"mean_height", to_hundredths(heights.mean)},
          {"seconds",
           {{"bound", seconds.passes.bound},
            {"split", seconds.passes.split},
            {"pack", seconds.passes.pack},
            {"verify", seconds.verify},
            {"write", seconds.write},
            {"total", seconds.total}}},
          {"peak_rss_bytes", peak_rss_bytes()},
          {"method",
           {{"name", schedule.generator.method},
            {"rate", compiled.method.rate},
            {"split", compiled.method.split},
            {"pack", compiled.method.pack}}}};
}

std::optional<double> parse_seconds(std::string_view text) {
  const auto seconds = Rational::parse(text);
  if (!seconds || seconds->sign() <= 0) return std::nullopt;
  return seconds->to_double();
}

std::optional<Rational> parse_tolerance(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto percent = Rational::parse(text);
  if (!percent || percent->sign() < 0 || *percent >= Rational(100)) return std::nullopt;
  return *percent / 100;
}

// No schedule leaves the compiler unchecked: a violation here is a defect of ours.
void ensure_valid(const Schedule& schedule) {
  const Verification verification = verify_schedule(schedule);
  std::string found;
  for (const Violation& violation : verification.violations) {
    found += "\n  " + violation.rule + " " + violation.where + ": " + violation.message;
  }
  ENSURE(verification.valid(), "the compiled schedule breaks the rules:" + found);
}

// On large machines many equal trees a root make a large file that took long to find, for little.
void suggest_tolerance(const Topology& topology, const CompileOptions& options) {
  constexpr std::size_t kLarge = 512;
  const Rational half_a_percent(1, 200);
  if (topology.num_ranks() <= kLarge || options.trees_per_root || options.tolerance.sign() > 0) {
    return;
  }
  const Optima optima = find_optima(topology, options.collective, options.root);
  for (const auto* optimum : {&optima.out, &optima.in}) {
    if (!*optimum) continue;
    const Integer exact = scale_to_least_trees(**optimum).trees_per_root;
    if (exact == Integer(1)) continue;
    const TreeGraph close = scale_within(**optimum, half_a_percent);
    if (close.trees_per_root == exact) continue;
    const Rational rate = close.graph.unit * Rational(close.graph.total_weight);
    Diagnostic note;
    note.message = "the exact optimum takes " + exact.to_string() + " trees for each root";
    note.fix = "--tolerance 0.5 takes " + close.trees_per_root.to_string() + " and reaches " +
               percent_text(rate, (*optimum)->algbw()) + " of it";
    report_notes({note});
    return;
  }
}

Compiled compile(const Topology& topology, const Options& options, const Progress& progress) {
  const CompileOptions passes = {.collective = options.collective.collective,
                                 .root = options.collective.root.value_or(0),
                                 .trees_per_root = options.trees_per_root,
                                 .tolerance = options.tolerance.value_or(0)};
  suggest_tolerance(topology, passes);
  if (!options.time_limit) return compile_schedule(topology, passes, seconds_now, progress);
  return compile_within(topology, passes, *options.time_limit, seconds_now, progress);
}

ExitCode run(const Options& options) {
  const double start = seconds_now();
  const auto loaded = load_topology(options.topology);
  if (!loaded.ok()) return report(loaded.mistakes());
  report_notes(loaded.notes());
  const Topology& topology = loaded.value();
  if (const auto mistake = find_root_mistake(options.collective, topology, options.topology)) {
    return report({*mistake});
  }
  ProgressLine line(seconds_now, write_to_terminal);
  Progress progress;
  if (on_terminal() && !options.json) progress = [&](const Stage& stage) { line.show(stage); };
  const Compiled compiled = compile(topology, options, progress);

  Seconds seconds{.passes = compiled.seconds};
  const double before_verify = seconds_now();
  report(progress, {"verifying", 0, 1});
  ensure_valid(compiled.schedule);
  const double before_write = seconds_now();
  report(progress, {"writing", 0, 1});
  const std::string file = write_schedule(compiled.schedule);
  line.wipe();
  if (options.output == "-") {
    print(file);
    return ExitCode::Done;
  }
  write_output(options.output, file);
  const double end = seconds_now();
  seconds.verify = before_write - before_verify;
  seconds.write = end - before_write;
  seconds.total = end - start;
  if (options.json) {
    print_json(to_json(compiled, seconds));
  } else {
    print(to_text(options, compiled, seconds));
  }
  return ExitCode::Done;
}

}  // namespace

Command add_compile_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      tool.add_subcommand("compile", "a schedule that reaches the bound, checked and written");
  add_topology_argument(*app, options->topology)->required();
  add_collective_options(*app, options->collective);
  add_parsed_option(
      *app,
      {.name = "--trees-per-root",
       .value = "K",
       .description = "make each root's share of K equal trees and find the best rate "
                      "for that; default: what the bound needs",
       .expected = "a whole number from 1 on"},
      options->trees_per_root, [](std::string_view text) { return parse_count(text, 1); });
  add_parsed_option(*app,
                    {.name = "--tolerance",
                     .value = "PERCENT",
                     .description = "give up at most so much of the best rate, and take the fewest "
                                    "trees that allow it; default: 0, exact",
                     .expected = "a number from 0 on and below 100, e.g. 0.5"},
                    options->tolerance, parse_tolerance);
  add_parsed_option(*app,
                    {.name = "--time-limit",
                     .value = "S",
                     .description = "after about S seconds, give the best schedule found so far",
                     .expected = "a number of seconds above 0, e.g. 2.5"},
                    options->time_limit, parse_seconds);
  app->add_option("-o", options->output,
                  "the schedule file to write; default: the schedule goes to standard output")
      ->type_name("SCHEDULE");
  add_json_flag(*app, options->json);
  app->final_callback([options] {
    check_collective_options(options->collective);
    if (options->trees_per_root && options->tolerance) {
      throw CLI::ValidationError(
          "--trees-per-root and --tolerance exclude each other: one fixes the number of trees, the "
          "other finds it");
    }
    if (options->json && options->output == "-") {
      throw CLI::ValidationError(
          "--json needs -o SCHEDULE: standard output can not hold the schedule and the summary");
    }
  });
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
