// pleach run: executes a schedule on real data and measures it, with nccl-tests' columns.
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/text.hpp"
#include "runtime/data_type.hpp"
#include "runtime/host_run.hpp"

namespace pleach::cli {
namespace {

struct Options {
  std::string schedule;
  std::string backend = "host";
  RunOptions run;
  bool json = false;
};

nlohmann::ordered_json to_json(const RunTiming& timing) {
  return {
      {"time_us", timing.time_us},
      {"algbw", timing.algbw},
      {"busbw", timing.busbw},
      {"wrong", timing.wrong ? nlohmann::ordered_json(*timing.wrong) : nlohmann::ordered_json()}};
}

// A row's own numbers are those out of place; `wrong` is null where nothing was checked.
nlohmann::ordered_json to_json(const RunReport& report) {
  auto rows = nlohmann::ordered_json::array();
  for (const RunRow& row : report.rows) {
    nlohmann::ordered_json object = {{"bytes", row.bytes},
                                     {"count", row.count},
                                     {"dtype", row.dtype},
                                     {"op", row.op},
                                     {"root", row.root}};
    object.update(to_json(row.out_of_place));
    object["in_place"] = to_json(row.in_place);
    rows.push_back(std::move(object));
  }
  return {{"collective", name_of(report.collective)},
          {"ranks", report.ranks},
          {"backend", report.backend},
          {"rows", rows}};
}

std::string timing_text(const RunTiming& timing) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), " %10.1f %8.2f %8.2f %7s", timing.time_us, timing.algbw,
                timing.busbw, timing.wrong ? std::to_string(*timing.wrong).c_str() : "N/A");
  return text.data();
}

std::string to_text(const Schedule& schedule, const RunReport& report) {
  std::string text = "# " + std::string(name_of(report.collective)) + " on " +
                     schedule.topology.name + ", " +
                     counted(static_cast<std::size_t>(report.ranks), "rank") + ", backend " +
                     report.backend + "\n";
  text +=
      "#                                              out-of-place"
      "                          in-place\n"
      "#        size       count     type  redop root"
      "       time    algbw    busbw  #wrong       time    algbw    busbw  #wrong\n"
      "#         (B)  (elements)                     "
      "       (us)   (GB/s)   (GB/s)               (us)   (GB/s)   (GB/s)\n";
  for (const RunRow& row : report.rows) {
    std::array<char, 120> start{};
    std::snprintf(start.data(), start.size(), "%13llu %11llu %8s %6s %4d",
                  static_cast<unsigned long long>(row.bytes),
                  static_cast<unsigned long long>(row.count), row.dtype.c_str(), row.op.c_str(),
                  row.root);
    text += start.data() + timing_text(row.out_of_place) + timing_text(row.in_place) + "\n";
  }
  return text;
}

bool any_wrong(const RunReport& report) {
  for (const RunRow& row : report.rows) {
    if (row.out_of_place.wrong.value_or(0) > 0 || row.in_place.wrong.value_or(0) > 0) return true;
  }
  return false;
}

ExitCode run(const Options& options) {
  const auto schedule = load_schedule(options.schedule);
  if (!schedule.ok()) return report(schedule.mistakes());
  const auto result = run_on_host(schedule.value(), options.run);
  if (!result.ok()) {
    Diagnostics mistakes = result.mistakes();
    for (Diagnostic& mistake : mistakes) mistake.file = options.schedule;
    return report(mistakes);
  }
  if (options.json) {
    print_json(to_json(result.value()));
  } else {
    print(to_text(schedule.value(), result.value()));
  }
  if (!any_wrong(result.value())) return ExitCode::Done;
  return report(
      {{.file = options.schedule,
        .pointer = "",
        .message = "the executed schedule gave wrong elements",
        .expected = "every element equal to an independent computation",
        .fix = "run `pleach verify` on the schedule; if it is valid, this is a bug in pleach"}});
}

template <class Value, std::size_t kSize>
std::vector<std::string_view> names_of(const std::array<Value, kSize>& values) {
  std::vector<std::string_view> names;
  for (const Value value : values) names.push_back(name_of(value));
  return names;
}

}  // namespace

Command add_run_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      tool.add_subcommand("run", "execute a schedule on real data and measure it");
  add_schedule_argument(*app, options->schedule);
  add_parsed_option(*app,
                    {.name = "--backend",
                     .value = "BACKEND",
                     .description = "host: all ranks in this process; default: host",
                     .expected = "host",
                     .names = {"host"}},
                    options->backend, [](std::string_view text) {
                      return text == "host" ? std::optional<std::string>("host") : std::nullopt;
                    });
  add_parsed_option(*app,
                    {.name = "--bytes",
                     .value = "SIZE",
                     .description = "the whole buffer; K, M, G are powers of 1024; default: 64M",
                     .expected = "a size, e.g. 64M"},
                    options->run.bytes, parse_size);
  add_parsed_option(*app,
                    {.name = "--dtype",
                     .value = "TYPE",
                     .description = "float32, float64, int32 or int64; default: float32",
                     .expected = "float32, float64, int32 or int64",
                     .names = names_of(kDataTypes)},
                    options->run.dtype, data_type_named);
  add_parsed_option(*app,
                    {.name = "--op",
                     .value = "OP",
                     .description = "sum, min, max, prod or avg; default: sum",
                     .expected = "sum, min, max, prod or avg",
                     .names = names_of(kReduceOps)},
                    options->run.op, reduce_op_named);
  app->add_flag("--check", options->run.check,
                "compare every element of every rank with an independent computation");
  add_json_flag(*app, options->json);
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
