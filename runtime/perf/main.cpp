// The tool `pleach-perf`: measures the runtime on schedules, in the way of nccl-tests.
#include <exception>
#include <iostream>
#include <mutex>
#include <new>
#include <optional>
#include <string>

#include "compiler/cli/console.hpp"
#include "compiler/cli/exit_code.hpp"
#include "compiler/cli/usage.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/topology/read_file.hpp"
#include "runtime/perf/processes.hpp"
#include "runtime/perf/report.hpp"
#include "runtime/perf/worker.hpp"

namespace pleach::perf {
namespace {

using cli::ExitCode;

int number_of(ExitCode code) { return static_cast<int>(code); }

// Says what went wrong once for each process: the other threads fail of the same. `who` is "" or
// ends with ": ".
template <class Action>
int guarded(std::once_flag& said, const std::string& who, Action action) {
  const auto say = [&](const std::string& words) {
    std::call_once(said, [&] { std::cerr << "pleach-perf: " + who + words + "\n"; });
  };
  try {
    return action();
  } catch (const MachineError& error) {
    say(error.what());
  } catch (const std::bad_alloc&) {
    say("out of memory");
  } catch (const std::exception& error) {
    say(std::string(error.what()) + "\nThis is a bug in pleach; please report it.");
    return number_of(ExitCode::OurBug);
  }
  return number_of(ExitCode::MachineFailed);
}

void print_progress(const Job& job, const Report& report) {
  if (job.options.json) return;
  cli::print(report.rows.empty() ? head_text(job, report) : row_text(job, report.rows.back()));
}

int run_one_process(const Job& job, int process) {
  std::once_flag said;
  const std::string who = job.processes == 1 ? "" : "process " + std::to_string(process) + ": ";
  return run_threads(job.threads, [&](int thread) {
    return guarded(said, who, [&] {
      const int worker = process * job.threads + thread;
      const Report report = run_worker(job, worker, [&](const Report& so_far) {
        if (worker == 0) print_progress(job, so_far);
      });
      if (worker == 0 && job.options.json) cli::print_json(to_json(job, report));
      if (worker == 0 && !job.options.json) cli::print(end_text(report));
      return number_of(wrong_elements(report) == 0 ? ExitCode::Done : ExitCode::InputWrong);
    });
  });
}

// All processes, those of a launcher or those that are forked here.
int run_job(Job job, const std::optional<Launch>& launch) {
  if (launch) {
    job.meeting = unique_id_at(launch->root, launch->rank == 0);
    return run_one_process(job, launch->rank);
  }
  job.meeting = make_unique_id();
  if (job.processes == 1) return run_one_process(job, 0);
  return run_processes(job.processes, [&](int process) { return run_one_process(job, process); });
}

ExitCode say(const Diagnostics& mistakes, bool speaks, ExitCode code) {
  if (speaks) cli::report(mistakes);
  return code;
}

int run(const Options& options, const std::optional<Launch>& launch) {
  // One of the processes of a launcher says what is wrong with all of them.
  const bool speaks = !launch || launch->rank == 0;
  auto text = read_file(options.schedule);
  if (!text.ok()) return number_of(say(text.mistakes(), speaks, ExitCode::InputWrong));
  const auto schedule = read_schedule(text.value(), options.schedule);
  if (!schedule.ok()) return number_of(say(schedule.mistakes(), speaks, ExitCode::InputWrong));
  const auto job = make_job(options, launch, schedule.value(), std::move(text).value());
  if (!job.ok()) return number_of(say(job.mistakes(), speaks, ExitCode::Usage));
  return run_job(job.value(), launch);
}

// One process that a launcher has started by itself may as well fork its own.
Result<std::optional<Launch>> launch_of_several() {
  auto launch = launch_of(process_environment());
  if (launch.ok() && launch.value() && launch.value()->ranks == 1) return std::optional<Launch>();
  return launch;
}

int run_tool(int argc, char** argv) {
  CLI::App tool("measures the runtime on a compiled schedule, with nccl-tests' options and columns",
                "pleach-perf");
  tool.formatter_fn([](const CLI::App* app, const std::string&, CLI::AppFormatMode) {
    return cli::help_text(*app);
  });
  tool.footer(
      "Ranks are threads, processes and groups as -t, --processes and -g say, or the processes of\n"
      "mpirun, torchrun or srun, or those that PLEACH_RANK, PLEACH_RANKS and PLEACH_ROOT name.\n"
      "Bytes are those of the whole buffer. A row's efficiency (--json) is the least memory\n"
      "traffic over what one thread's memcpy, or the GPU's, moves in the same time.\n\n"
      "Exit codes: 0 done, 1 wrong elements or no schedule, 2 wrong usage, 3 machine failure or a\n"
      "            process that is gone, 70 a bug in pleach");
  Options options;
  add_options(tool, options);
  const auto launch = launch_of_several();
  const bool speaks = !launch.ok() || !launch.value() || launch.value()->rank == 0;
  try {
    tool.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    if (speaks) cli::print(tool.help());
    return number_of(ExitCode::Done);
  } catch (const CLI::ParseError& error) {
    if (speaks) std::cerr << cli::usage_error_text(tool, error);
    return number_of(ExitCode::Usage);
  }
  if (!launch.ok()) return number_of(say(launch.mistakes(), true, ExitCode::Usage));
  if (!options.backend) {
    const auto named = process_environment()("PLEACH_BACKEND");
    options.backend = backend_named(named.value_or("host"));
    if (!options.backend) {
      if (speaks) {
        std::cerr << "pleach-perf: PLEACH_BACKEND is \"" + *named +
                         "\"; expected \"host\", \"cuda\" or \"emulated\"\n";
      }
      return number_of(ExitCode::Usage);
    }
  }
  return run(options, launch.value());
}

}  // namespace
}  // namespace pleach::perf

int main(int argc, char** argv) {
  std::once_flag said;
  return pleach::perf::guarded(said, "", [&] { return pleach::perf::run_tool(argc, argv); });
}
