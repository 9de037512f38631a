#include "runtime/device/device_budget.hpp"

#include <algorithm>

#include "runtime/device/program_tables.hpp"

namespace pleach {

int channels_within(const DeviceBudget& budget, const Plan& one) {
  std::uint64_t largest = 0;
  for (const Slice& slice : one.slices) largest = std::max(largest, slice.count);
  const std::uint64_t blocks = std::max<std::uint64_t>(most_blocks_of_a_rank(one), 1);
  const std::uint64_t channels = std::min<std::uint64_t>(
      {budget.blocks / blocks, largest * one.element_size / kLeastSliceBytes,
       budget.most_channels});
  return static_cast<int>(std::max<std::uint64_t>(channels, 1));
}

}  // namespace pleach
