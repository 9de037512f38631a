// Another library that does the same collectives, to be measured beside ours.
//
// Each is a module of its own (pleach-perf-NAME.so, beside the tool), opened only when it is asked
// for: the tool itself needs none of them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "runtime/comm/call.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach::perf {

// Where a process stands in a job with one rank a process.
struct RivalJob {
  int rank = 0;
  int ranks = 1;
  std::string folder;  // rank 0 has made it; for a rival whose ranks meet through files
  std::chrono::milliseconds timeout{0};
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
  // All ranks call it alike. Needs: no objection. Throws MachineError.
  virtual void run(const CallShape& shape, const RankBuffers& buffers) = 0;
};

// What a module exports, by this name. Meets the other ranks. Throws MachineError.
using MakeRival = Rival*(const RivalJob& job);
inline constexpr const char* kMakeRival = "pleach_perf_make_rival";

// Opens the module `name`, "mpi" or "gloo". It stays open. Throws MachineError: there is none, or
// it can not be opened; says what to install.
[[nodiscard]] MakeRival* open_rival(const std::string& name);

}  // namespace pleach::perf
