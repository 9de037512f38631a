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
  // Ranks first … first + count - 1 of `ranks`. Meets the others. Here and below: throws
  // MachineError with the library's own words.
  RankGroup(const pleachUniqueId& id,
            int ranks,
            int first,
            int count,
            std::chrono::milliseconds timeout,
            Placement placement);
  ~RankGroup();
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;

  void load(const std::string& schedule);
  // The rank that runs on this node of the schedule. Needs: one does.
  [[nodiscard]] int rank_on(const std::string& node) const;
  // One call on each rank; returns when all are done. Needs: buffers of each.
  void run(const CallShape& shape, std::span<const RankBuffers> buffers) const;

 private:
  std::vector<pleachComm_t> comms_;
};

}  // namespace pleach::perf
