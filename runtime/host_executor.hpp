// Executes a plan over the buffers of all its ranks, in one process and one thread.
//
// A progress engine that never blocks: every block of the plan is a cursor (chunk, op); a turn
// gives each cursor one op-chunk to run if its waits are met, and goes on to the next one. A whole
// round in which nothing ran while work is left can only repeat itself, so it ends the execution
// with a Stall instead of a hang.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/combine.hpp"
#include "runtime/data_type.hpp"

namespace pleach {

// A rank's memory, of any alignment: input_elements and output_elements (plan.hpp) of it. For an
// in-place plan they overlap as Plan::in_place says, otherwise not at all.
struct RankBuffers {
  const std::byte* input = nullptr;
  std::byte* output = nullptr;
};

// The wait that nothing will meet: of all blocked ops the one with the smallest key.
struct Stall {
  int rank = 0;      // that waits
  int peer = 0;      // for this one
  std::string tree;  // "/reduce_trees/3"
  int channel = 0;
  std::uint64_t chunk = 0;
  std::uint64_t expected = 0;  // chunks the peer's op should have finished
  std::uint64_t seen = 0;      // chunks it has
};

// "rank 2 waits for rank 0 (/reduce_trees/3, channel 0, chunk 5): expected counter 6, seen 4".
[[nodiscard]] std::string to_string(const Stall& stall);

class HostExecutor {
 public:
  // Needs: violations(plan) empty, and size_of(dtype) == plan.element_size. (A plan whose only
  // violations are of order, blocks or deadlock is safe to execute: it stalls or gives a wrong
  // result.)
  HostExecutor(Plan plan, DataType dtype, ReduceOp op);

  // Runs the whole collective once. The same inputs give the same bits every time.
  // Needs: one RankBuffers for each rank.
  [[nodiscard]] std::optional<Stall> execute(std::span<const RankBuffers> buffers);

  [[nodiscard]] const Plan& plan() const { return plan_; }

 private:
  struct Cursor {
    const BlockProgram* block = nullptr;
    std::uint64_t chunk = 0;
    std::size_t next = 0;  // position in block->ops
  };
  enum class Turn { Ran, Blocked, Done };
  struct RankMemory {
    std::array<std::byte*, 3> buffers{};  // by Buffer
  };

  void start(std::span<const RankBuffers> buffers);
  Turn take_turn(Cursor& cursor);
  [[nodiscard]] bool skip_finished(Cursor& cursor) const;
  [[nodiscard]] const Wait* unmet_wait(const NodeOp& op, std::uint64_t chunk) const;
  void run(const NodeOp& op, std::uint64_t chunk);
  [[nodiscard]] std::byte* address(const Location& location, std::uint64_t chunk) const;
  [[nodiscard]] Stall find_stall() const;

  Plan plan_;
  CombineFunction combine_;
  int divisor_ = 0;  // averages only
  std::vector<std::byte> scratch_;
  std::vector<RankMemory> memory_;       // for each rank; the caller's during an execution
  std::vector<std::uint64_t> finished_;  // the counter of each op: chunks it has finished
  std::vector<Cursor> cursors_;
};

}  // namespace pleach
