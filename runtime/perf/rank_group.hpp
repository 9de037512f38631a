// The ranks that one thread drives, through the C interface, as a program would.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "runtime/comm/call.hpp"
#include "runtime/include/pleach.h"
#include "runtime/rank_executor.hpp"

namespace pleach::perf {

// An id for the ranks of all groups. Throws MachineError.
[[nodiscard]] pleachUniqueId make_id();

class RankGroup {
 public:
  enum class Placement { Labels, Rank };  // pleachConfig_t::placement
  struct Options {
    std::chrono::milliseconds timeout{0};
    Placement placement = Placement::Labels;
    std::string backend = "host";
    std::vector<int> devices = {};  // numbers of each rank's; empty on the host
  };
  // Ranks first … first + count - 1 of `ranks`. Meets the others. Here and below: throws
  // MachineError with the library's own words.
  RankGroup(const pleachUniqueId& id, int ranks, int first, int count, const Options& options);
  ~RankGroup();
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;

  void load(const std::string& schedule);
  // The rank that runs on this node of the schedule. Needs: one does.
  [[nodiscard]] int rank_on(const std::string& node) const;
  // Registers memory of each rank; all ranks of all groups do so at the same time.
  void register_memory(std::span<const std::span<std::byte>> memory) const;
  // One call on each rank. Returns on the host when all are done, else when they are on the
  // streams. Needs: buffers and a stream of each.
  void run(const CallShape& shape,
           std::span<const RankBuffers> buffers,
           std::span<void* const> streams) const;
  // Throws when a call that has been started failed, or will.
  void check() const;

 private:
  std::vector<pleachComm_t> comms_;
};

}  // namespace pleach::perf
