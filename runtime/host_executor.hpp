// Executes a plan over the buffers of all its ranks, in one process and one thread.
//
// One RankExecutor for each rank, in turn. A whole round in which nothing ran while work is left
// can only repeat itself, so it ends the execution with a Stall instead of a hang. What a plan
// sends over a network is copied at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "compiler/core/data_type.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/combine.hpp"
#include "runtime/rank_executor.hpp"

namespace pleach {

class HostExecutor {
 public:
  // Needs: violations(plan) empty, and size_of(dtype) == plan.element_size. (A plan whose only
  // violations are of order, blocks or deadlock is safe to execute: it stalls or gives a wrong
  // result.)
  HostExecutor(Plan plan, DataType dtype, ReduceOp op);
  ~HostExecutor();
  HostExecutor(const HostExecutor&) = delete;
  HostExecutor& operator=(const HostExecutor&) = delete;

  // Runs the whole collective once. The same inputs give the same bits every time.
  // Needs: one RankBuffers for each rank.
  // Gives: the wait that nothing will meet, if it stalls: of all blocked ops that with the smallest
  //        key.
  [[nodiscard]] std::optional<Stall> execute(std::span<const RankBuffers> buffers);

  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  class Room;  // all ranks' memory, as each of them sees it

  void prepare();
  [[nodiscard]] Stall find_stall() const;

  const Plan plan_;
  const CombineFunction combine_;
  const int divisor_;
  std::vector<std::byte> scratch_;
  std::vector<OpCounter> counters_;
  std::unique_ptr<Room> room_;
  std::vector<RankExecutor> ranks_;
  std::uint64_t execution_ = 0;
};

}  // namespace pleach
