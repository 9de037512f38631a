// Buffers of exactly the right size for one plan, filled, run and compared; the sanitizers see
// every byte past an end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "compiler/plan/plan.hpp"
#include "runtime/host_executor.hpp"
#include "runtime/reference.hpp"

namespace pleach::testing {

class CollectiveMemory {
 public:
  // Each rank's buffers start at another address, none of which is aligned, if `misaligned`.
  CollectiveMemory(const Plan& plan, DataType dtype, ReduceOp op, bool misaligned = false)
      : plan_(plan),
        call_{.collective = plan.collective,
              .ranks = plan.ranks,
              .root = std::max(plan.root, 0),
              .count = plan.count,
              .dtype = dtype,
              .op = op} {
    const std::size_t size = plan.element_size;
    for (int rank = 0; rank < plan.ranks; ++rank) {
      const std::size_t in = input_elements(plan, rank) * size;
      const std::size_t out = output_elements(plan, rank) * size;
      const std::size_t shift = misaligned ? 1 + 2 * (rank % 8) : 0;
      outputs_.emplace_back(shift + (plan.in_place ? std::max(in, out) : out), kUntouched);
      inputs_.emplace_back(shift + (plan.in_place ? 0 : in), kUntouched);
      std::byte* const whole = outputs_[rank].data() + shift;
      std::byte* const shard =
          is_sharded(plan.collective) ? whole + plan.count * rank * size : whole;
      if (!plan.in_place) {
        ranks_.push_back({.input = inputs_[rank].data() + shift, .output = whole});
      } else if (plan.collective == Collective::AllGather) {
        ranks_.push_back({.input = shard, .output = whole});
      } else {
        ranks_.push_back({.input = whole, .output = shard});
      }
      if (in > 0) fill_input(call_, rank, const_cast<std::byte*>(ranks_[rank].input));
    }
    initial_inputs_ = inputs_;
  }

  [[nodiscard]] const std::vector<RankBuffers>& ranks() const { return ranks_; }
  [[nodiscard]] const CollectiveCall& call() const { return call_; }

  [[nodiscard]] std::uint64_t wrong() const {
    std::vector<const std::byte*> outputs;
    for (const RankBuffers& rank : ranks_) outputs.push_back(rank.output);
    return count_wrong(call_, outputs);
  }
  // Out of place: as before any execution.
  void clear_outputs() {
    for (std::vector<std::byte>& output : outputs_) {
      std::fill(output.begin(), output.end(), kUntouched);
    }
  }
  // Out of place nothing may touch an input.
  [[nodiscard]] bool inputs_untouched() const { return inputs_ == initial_inputs_; }
  [[nodiscard]] const std::vector<std::vector<std::byte>>& outputs() const { return outputs_; }

 private:
  static constexpr std::byte kUntouched{0xa5};

  const Plan& plan_;
  CollectiveCall call_;
  std::vector<std::vector<std::byte>> inputs_;
  std::vector<std::vector<std::byte>> outputs_;
  std::vector<std::vector<std::byte>> initial_inputs_;
  std::vector<RankBuffers> ranks_;
};

}  // namespace pleach::testing
