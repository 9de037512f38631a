// The buffers of all ranks of a plan, in memory of this process, with inputs to check results by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/host_memory.hpp"
#include "runtime/rank_executor.hpp"
#include "runtime/reference.hpp"

namespace pleach {

class RunMemory {
 public:
  // In place where the plan is: one buffer holds both, and of the sharded collectives one of the
  // two is the rank's shard in it. `plan` must live as long. Throws std::bad_alloc.
  explicit RunMemory(const Plan& plan);

  // What all ranks need, with scratch, in bytes. A double, because 64 bits need not be enough.
  [[nodiscard]] static double bytes_needed(const Plan& plan);

  // Writes the inputs, after something else to where outputs will be: old results can not pass.
  void fill(const CollectiveCall& call) const;
  [[nodiscard]] std::uint64_t count_wrong_elements(const CollectiveCall& call) const;

  [[nodiscard]] std::span<const RankBuffers> ranks() const { return ranks_; }
  // All the memory that ranks() points into, each piece apart; none is empty.
  [[nodiscard]] std::vector<std::span<std::byte>> pieces() const;

 private:
  void add_in_place(int rank, std::size_t bytes);

  const Plan& plan_;
  std::vector<HostBuffer> inputs_;  // none in place
  std::vector<HostBuffer> outputs_;
  std::vector<RankBuffers> ranks_;
};

}  // namespace pleach
