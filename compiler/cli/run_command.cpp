// pleach run: executes a schedule on real data and prints nccl-tests' columns.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/load_schedule.hpp"
#include "compiler/cli/options.hpp"
#include "runtime/device/device_run.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/host_run.hpp"

namespace pleach::cli {
namespace {

enum class Backend { Host, Cuda, Emulated };

std::optional<Backend> backend_named(std::string_view name) {
  if (name == "host") return Backend::Host;
  if (name == "cuda") return Backend::Cuda;
  if (name == "emulated") return Backend::Emulated;
  return std::nullopt;
}

struct Options {
  std::string schedule;
  Backend backend = Backend::Host;
  RunOptions run;
  bool json = false;
};

bool any_wrong(const RunReport& report) {
  return std::ranges::any_of(report.rows, [](const RunRow& row) {
    return row.out_of_place.wrong.value_or(0) > 0 || row.in_place.wrong.value_or(0) > 0;
  });
}

void add_timing(nlohmann::ordered_json& json, const RunTiming& timing) {
  json["time_us"] = timing.time_us;
  json["algbw"] = timing.algbw;
  json["busbw"] = timing.busbw;
  json["wrong"] = nullptr;
  if (timing.wrong) json["wrong"] = *timing.wrong;
}

// A row's own time is the one out of place, as in nccl-tests' summary; "wrong" is null without
// --check.
nlohmann::ordered_json to_json(const RunReport& report) {
  auto rows = nlohmann::ordered_json::array();
  for (const RunRow& row : report.rows) {
    nlohmann::ordered_json json = {{"bytes", row.bytes},
                                   {"count", row.count},
                                   {"dtype", row.dtype},
                                   {"op", row.op},
                                   {"root", row.root}};
    add_timing(json, row.out_of_place);
    json["in_place"] = nlohmann::ordered_json::object();
    add_timing(json["in_place"], row.in_place);
    rows.push_back(std::move(json));
  }
  return {{"collective", name_of(report.collective)},
          {"ranks", report.ranks},
          {"backend", report.backend},
          {"rows", std::move(rows)}};
}

std::string to_text(const RunReport& report) {
  std::string text = "# " + std::string(name_of(report.collective)) + ", " +
                     std::to_string(report.ranks) + " ranks, backend " + report.backend + "\n";
  text += run_table_head();
  for (const RunRow& row : report.rows) text += to_string(row) + "\n";
  return text;
}

// Throws MachineError: no GPU where one is asked for.
Result<RunReport> run_on(Backend backend, const Schedule& schedule, const RunOptions& options) {
  switch (backend) {
    case Backend::Cuda: return run_on_device(schedule, options, open_current_cuda_device(), "cuda");
    case Backend::Emulated:
      return run_on_device(schedule, options, open_emulated_device(), "emulated");
    case Backend::Host: break;
  }
  return run_on_host(schedule, options);
}

ExitCode run(const Options& options) {
  const auto schedule = load_schedule(options.schedule);
  if (!schedule.ok()) return report(schedule.mistakes());
  const auto result = run_on(options.backend, schedule.value(), options.run);
  if (!result.ok()) {
    Diagnostics mistakes = result.mistakes();
    for (Diagnostic& mistake : mistakes) mistake.file = options.schedule;
    return report(mistakes);
  }
  if (options.json) {
    print_json(to_json(result.value()));
  } else {
    print(to_text(result.value()));
  }
  if (!any_wrong(result.value())) return ExitCode::Done;
  return report(
      {{.file = options.schedule,
        .pointer = "",
        .message = "the result is wrong: elements differ from the independent computation",
        .expected = "",
        .fix = "`pleach verify` says whether the schedule is to blame"}});
}

template <class Enum, std::size_t N>
std::vector<std::string_view> names(const std::array<Enum, N>& values) {
  std::vector<std::string_view> result;
  for (const Enum value : values) result.push_back(name_of(value));
  return result;
}

}  // namespace

Command add_run_command(CLI::App& tool) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = tool.add_subcommand(
      "run", "execute a schedule on real data and measure it, out of and in place");
  add_schedule_argument(*app, options->schedule);
  add_parsed_option(
      *app,
      {.name = "--backend",
       .value = "BACKEND",
       .description = "host, cuda, emulated (all ranks in this process, on one GPU, on threads "
                      "that run the GPU's kernels); default host",
       .expected = "host, cuda or emulated",
       .names = {"host", "cuda", "emulated"}},
      options->backend, backend_named);
  add_parsed_option(
      *app,
      {.name = "--bytes",
       .value = "SIZE",
       .description = "the whole buffer, as nccl-tests counts it; K, M and G are powers "
                      "of 1024; default 64M",
       .expected = "a whole number of bytes above 0, e.g. 64M"},
      options->run.bytes, parse_size);
  const auto dtypes = names(kDataTypes);
  add_parsed_option(*app,
                    {.name = "--dtype",
                     .value = "TYPE",
                     .description = comma_list(dtypes) + "; default float32",
                     .expected = "one of " + comma_list(dtypes),
                     .names = dtypes},
                    options->run.dtype, data_type_named);
  const auto ops = names(kReduceOps);
  add_parsed_option(
      *app,
      {.name = "--op",
       .value = "OP",
       .description = comma_list(ops) + "; default sum; of no effect on allgather and "
                                        "broadcast",
       .expected = "one of " + comma_list(ops),
       .names = ops},
      options->run.op, reduce_op_named);
  app->add_flag(
      "--check", options->run.check,
      "compare every element with an independent computation; wrong ones give exit code 1");
  add_json_flag(*app, options->json);
  return {.app = app, .run = [options] { return run(*options); }};
}

}  // namespace pleach::cli
