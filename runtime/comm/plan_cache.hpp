// The plans that a communicator has made, one for each shape of call.
//
// All ranks make the same ones in the same order, so each knows where every rank's counters of a
// plan are without asking: the arenas of all ranks fill up in step. When one is full all start
// again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "runtime/comm/call.hpp"
#include "runtime/comm/device_rank.hpp"
#include "runtime/comm/rails.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

// Of each rank: 4 MiB of address space, of which only what is used takes memory.
inline constexpr std::uint64_t kCountersOfRank = std::uint64_t{1} << 19;

struct PreparedPlan {
  std::uint64_t number = 0;  // from 1 on, in the order of making; never used again
  Plan plan;
  std::vector<std::uint64_t> counters;  // of each rank, where those of the plan begin in its arena
  NetworkUse network = {};
  std::unique_ptr<RankExecutor> executor = {};  // none until it runs for the first time
  std::unique_ptr<DevicePlan> device = {};      // in its place on a device
  std::uint64_t executions = 0;
};

class PlanCache {
 public:
  // `spare`: counters of each rank that a plan takes before those of its ops.
  PlanCache(int rank, int ranks, std::uint64_t spare = 0)
      : rank_(rank), spare_(spare), used_(ranks, 0) {}

  // Null when there is none yet.
  [[nodiscard]] PreparedPlan* find(const CallShape& shape);
  [[nodiscard]] const PreparedPlan* find(std::uint64_t number) const;
  // Lowers, for devices where there is a budget, and checks. Null when the arena of some rank is
  // full, or there are too many: forget all, on all ranks, and make it again. Throws CommError when
  // the schedule can not be lowered, or not within the arena.
  [[nodiscard]] PreparedPlan* make(const CallShape& shape,
                                   const Schedule& schedule,
                                   const Placement& placement,
                                   std::span<const std::vector<std::string>> rails,
                                   const HopCost& hop,
                                   const DeviceBudget* device = nullptr);
  // Counters of this rank that plans have taken, from the first of its arena on.
  [[nodiscard]] std::uint64_t counters_used() const { return used_[rank_]; }
  // Counters begin at zero again, everywhere.
  void forget_all();
  // The scratch of all ranks has moved.
  void move_scratch(std::span<std::byte* const> scratch);

 private:
  // What a plan depends on: types of one size share it.
  using Key = std::tuple<Collective, std::uint64_t, std::size_t, int>;
  [[nodiscard]] static Key key_of(const CallShape& shape);

  const int rank_;
  const std::uint64_t spare_;
  std::uint64_t made_ = 0;
  std::vector<std::uint64_t> used_;  // counters of each rank
  std::map<Key, PreparedPlan> plans_;
};

}  // namespace pleach
