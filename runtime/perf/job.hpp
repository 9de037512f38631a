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
  std::string launcher;  // "mpirun"; "" when this process forks the others
  std::string text;      // the schedule
  UniqueId meeting;      // where the threads of all processes meet

  [[nodiscard]] int workers() const { return processes * threads; }
};

// Divides the ranks of a schedule. Launched: one rank a process. Errors: options that do not fit
// the schedule, the launcher or each other; the message names both sides.
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
  double memcpy_rate = 0;  // GB/s copied by one thread
  std::string rival;       // its version
  std::vector<Row> rows;
};

}  // namespace pleach::perf
