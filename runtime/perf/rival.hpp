// Another library that does the same collectives, to be measured beside ours.
//
// Each is a module of its own (pleach-perf-NAME.so, beside the tool), opened only when it is asked
// for: the tool itself needs none of them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/comm/call.hpp"
#include "runtime/device/device.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach::perf {

// Where a thread stands in a job. Without devices it is its process's only one, with one rank.
struct RivalJob {
  int rank = 0;  // the first one of the thread
  int ranks = 1;
  std::string folder;  // rank 0 has made it; for a rival whose ranks meet through files
  std::chrono::milliseconds timeout{0};
  // Of each rank of the thread, and not shared with others; empty on the host.
  std::vector<std::shared_ptr<Device>> devices = {};
  std::vector<void*> streams = {};
  // Waits for all threads of the job. Throws MachineError when one is gone.
  std::function<void()> barrier = {};
};

class Rival {
 public:
  Rival() = default;
  Rival(const Rival&) = delete;
  Rival& operator=(const Rival&) = delete;
  virtual ~Rival() = default;

  // "Open MPI 4.1.4".
  [[nodiscard]] virtual std::string version() const = 0;
  // Why it can not do such a call, in words; the same on every rank.
  [[nodiscard]] virtual std::optional<std::string> objection(const CallShape& shape) const = 0;
  // `buffers`: of each rank of the thread. All ranks call it alike. Returns when it is done, on
  // devices when it is on the streams. Needs: no objection. Throws MachineError.
  virtual void run(const CallShape& shape, std::span<const RankBuffers> buffers) = 0;
  // Throws MachineError when what is on the streams has failed.
  virtual void check_started() {}
  // Ends what is on the streams; the rival can do nothing more.
  virtual void abort() {}
};

// What a module exports, by this name. Meets the other ranks. Throws MachineError.
using MakeRival = Rival*(const RivalJob& job);
inline constexpr const char* kMakeRival = "pleach_perf_make_rival";

// Opens the module `name`, "mpi", "gloo" or "nccl". It stays open. Throws MachineError: there is
// none, or it can not be opened; says what to install.
[[nodiscard]] MakeRival* open_rival(const std::string& name);

}  // namespace pleach::perf
