#include "runtime/perf/job.hpp"

#include "compiler/plan/lower_plan.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/perf/sizes.hpp"

namespace pleach::perf {
namespace {

Diagnostic mistake(const Options& options, std::string message, std::string fix = "") {
  return {.file = options.schedule,
          .line = 0,
          .pointer = "",
          .message = std::move(message),
          .expected = "",
          .fix = std::move(fix)};
}

// -r, and the sizes.
std::optional<Diagnostic> call_mistake(const Job& job) {
  const Options& options = job.options;
  const std::string name(name_of(job.collective));
  if (options.root && !has_root(job.collective)) {
    return mistake(options, "-r is there, and " + name + " treats all ranks alike");
  }
  if (options.root && *options.root != job.root) {
    return mistake(options, "this schedule's " + name + " has root " + std::to_string(job.root) +
                                ", not " + std::to_string(*options.root));
  }
  const auto sizes = sizes_of(options);
  if (sizes.empty()) {
    return mistake(options, "-e " + std::to_string(*options.max_bytes) + " is below -b " +
                                std::to_string(options.min_bytes));
  }
  const std::size_t size = size_of(options.dtype);
  if (count_of(job.collective, job.ranks, sizes.front(), size) == 0) {
    return mistake(
        options,
        "a buffer of " + std::to_string(sizes.front()) + " bytes holds less than one " +
            std::string(name_of(options.dtype)) +
            (is_sharded(job.collective) ? " for each of " + std::to_string(job.ranks) + " ranks"
                                        : ""));
  }
  return std::nullopt;
}

std::optional<Diagnostic> rank_mistake(const Job& job) {
  const Options& options = job.options;
  const int there = job.workers() * job.ranks_per_thread;
  if (there != job.ranks) {
    const std::string ranks = std::to_string(job.ranks);
    const std::string wanted = "this schedule is for " + ranks + " ranks, and ";
    if (!job.launcher.empty()) {
      return mistake(options,
                     wanted + job.launcher + " has started " + std::to_string(job.processes),
                     "start " + ranks + " processes");
    }
    return mistake(options,
                   wanted + "--processes " + std::to_string(job.processes) + " -t " +
                       std::to_string(job.threads) + " -g " + std::to_string(job.ranks_per_thread) +
                       " make " + std::to_string(there),
                   "choose them so that their product is " + ranks);
  }
  if (!options.versus || *options.versus == "nccl") return std::nullopt;
  if (job.threads * job.ranks_per_thread != 1) {
    return mistake(options, "--vs " + *options.versus + " needs one rank a process",
                   *options.versus == "mpi" ? "" : "--processes " + std::to_string(job.ranks));
  }
  if (*options.versus == "mpi" && job.launcher.empty()) {
    return mistake(options, "--vs mpi needs processes that mpirun has started",
                   "mpirun -n " + std::to_string(job.ranks) + " pleach-perf …");
  }
  return std::nullopt;
}

// What goes with GPUs, and what with the host. `fake`: NCCL is a test's, which knows no GPUs.
std::optional<Diagnostic> backend_mistake(const Job& job, bool fake) {
  const Options& options = job.options;
  const std::string backend = name_of(job.backend);
  if (job.backend == Backend::Host && !options.devices.empty()) {
    return mistake(options, "--devices is there, and the host backend has none", "--backend cuda");
  }
  if (job.backend == Backend::Host && options.replays > 0) {
    return mistake(options, "-G is there, and the host backend has no graphs", "--backend cuda");
  }
  // A launch there returns when it has ended, and would wait for the thread's next one.
  if (job.backend == Backend::Emulated && job.ranks_per_thread > 1) {
    for (int rank = 0; rank < job.ranks; ++rank) {
      const int first = rank - rank % job.ranks_per_thread;
      if (device_of(options, rank, 1) == device_of(options, first, 1)) continue;
      return mistake(options, "--devices gives the ranks of one thread several emulated devices",
                     "-t " + std::to_string(job.ranks));
    }
  }
  if (!options.versus) return std::nullopt;
  if (*options.versus != "nccl") {
    if (job.backend == Backend::Host) return std::nullopt;
    return mistake(options,
                   "--vs " + *options.versus + " is for memory of the host, and the " +
                       "backend is " + backend,
                   "--backend host");
  }
  if (job.backend != Backend::Cuda && !(fake && job.backend == Backend::Emulated)) {
    return mistake(options, "--vs nccl is for GPUs, and the backend is " + backend,
                   "--backend cuda");
  }
  if (options.replays > 0 && job.ranks_per_thread > 1) {
    return mistake(options, "-G and --vs nccl need one rank a thread",
                   "-t " + std::to_string(job.ranks));
  }
  return std::nullopt;
}

}  // namespace

int device_of(const Options& options, int local_rank, int there) {
  if (options.devices.empty()) return local_rank % there;
  return options.devices[static_cast<std::size_t>(local_rank) % options.devices.size()];
}

Result<Job> make_job(const Options& options,
                     const std::optional<Launch>& launch,
                     const Schedule& schedule,
                     std::string text) {
  Job job;
  job.options = options;
  job.collective = schedule.collective;
  job.root = root_of(schedule);
  if (job.root >= 0) job.root_node = schedule.topology.node(schedule.topology.ranks[job.root]).id;
  job.ranks = static_cast<int>(schedule.topology.num_ranks());
  job.text = std::move(text);
  if (launch) {
    if (options.processes || options.threads || options.ranks) {
      return mistake(options, "--processes, -t and -g are not for processes that a launcher (" +
                                  launch->source + ") has started: each is one rank");
    }
    job.processes = launch->ranks;
    job.launcher = launch->source;
    job.local_rank = launch->local_rank;
  } else {
    job.processes = options.processes.value_or(1);
    job.threads = options.threads.value_or(1);
    const int left = job.ranks / job.workers();
    job.ranks_per_thread = options.ranks.value_or(left > 0 ? left : 1);
  }
  job.backend = options.backend.value_or(Backend::Host);
  const bool alone = job.processes == 1;
  job.memory = options.memory.value_or(alone ? Memory::Private : Memory::Shared);
  if (auto found = rank_mistake(job)) return *found;
  if (auto found = backend_mistake(job, process_environment()("PLEACH_TEST_FAKE_NCCL").has_value()))
    return *found;
  if (auto found = call_mistake(job)) return *found;
  return job;
}

}  // namespace pleach::perf
