// The processes of one run of the step `nccl`: one for each rank, none of which outlives the call.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/gpu/nccl_log.hpp"

namespace pleach::gpu_check {

struct NcclRun {
  int ranks = 0;
  std::string library;  // of NCCL; "": wherever the system finds it
  std::string plugin;   // the tuner's path; "": NCCL_TUNER_PLUGIN=none
  std::string table;    // PLEACH_NCCL_TABLE, for the plugin
  bool emulated = false;
  std::chrono::milliseconds limit{150'000};  // for all of it
};

struct RankEnd {
  // What went wrong, in words: it could not be started, ended by itself with a failure or by a
  // signal, or had not ended in time. Nothing for one that was ended because another one had
  // failed: see `called_off`.
  std::optional<std::string> wrong;
  bool called_off = false;
  std::string output;  // what it printed itself
  NcclLog log;
};

// Starts a process for each rank with the variables of the step in place of all NCCL_ and
// PLEACH_NCCL_ ones of this process, and waits. Once one has failed the others get five seconds.
// Throws MachineError where no folder or process can be made.
[[nodiscard]] std::vector<RankEnd> run_nccl_ranks(const NcclRun& run);

// The variables of a rank's process, "NAME=value": this process's and the step's.
[[nodiscard]] std::vector<std::string> nccl_environment(const NcclRun& run,
                                                        int rank,
                                                        const std::string& log_file);

}  // namespace pleach::gpu_check
