// The end of an execution, for the blocks of one rank.
#pragma once

#include <cstdint>

#include "kernels/program.hpp"
#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// Of one thread of each block, as the last thing it does: the last block of the rank counts the
// execution. Nobody looks at the count before the next launch, which begins after this one.
PLEACH_DEVICE void leave(State& state, std::uint64_t execution, std::uint32_t num_blocks) {
  if (add_acquire_release(&state.ended_blocks, 1) + 1 != num_blocks) return;
  state.ended_blocks = 0;
  state.executions = execution + 1;
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
