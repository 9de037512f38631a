// What every thread of a benchmark knows, and what rank 0 of it says at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "runtime/net/bootstrap.hpp"
#include "runtime/net/launcher.hpp"
#include "runtime/perf/perf_options.hpp"
#include "runtime/run_row.hpp"

namespace pleach::perf {

struct Job {
  Options options;
  Collective collective = Collective::AllReduce;
  int root = -1;          // of broadcast and reduce, as the schedule counts
  std::string root_node;  // its id; "" for other collectives
  int ranks = 1;          // processes * threads * ranks_per_thread
  int processes = 1;
  int threads = 1;
  int ranks_per_thread = 1;
  Memory memory = Memory::Private;
  Backend backend = Backend::Host;
  int local_rank = 0;    // of this process's first rank, among those of the host
  std::string launcher;  // "mpirun"; "" when this process forks the others
  std::string text;      // the schedule
  UniqueId meeting;      // where the threads of all processes meet

  [[nodiscard]] int workers() const { return processes * threads; }
  // The rank among those of its host that a worker begins with.
  [[nodiscard]] int first_local_rank(int worker) const {
    return launcher.empty() ? worker * ranks_per_thread : local_rank;
  }
};

// The device of a rank of its host, where the host has `there` of them.
[[nodiscard]] int device_of(const Options& options, int local_rank, int there);

// Divides the ranks of a schedule. `options.backend` is the host unless told. Launched: one rank a
// process. Errors: options that do not fit the schedule, the launcher or each other; the message
// names both sides.
[[nodiscard]] Result<Job> make_job(const Options& options,
                                   const std::optional<Launch>& launch,
                                   const Schedule& schedule,
                                   std::string text);

struct Row {
  RunRow ours;
  double efficiency = 0;  // out of place; sizes.hpp
  std::optional<RunRow> rival = {};
};

struct Report {
  double memcpy_rate = 0;    // GB/s copied by one thread, or by the device
  double memset_rate = 0;    // GB/s written by the device; 0 on the host
  std::vector<int> devices;  // of each rank; empty on the host
  std::string rival;         // its version
  std::vector<Row> rows;
};

}  // namespace pleach::perf
