// What one block of a launch does.
#pragma once

#include <cstdint>

#include "kernels/interpreter.hpp"
#include "kernels/one_shot.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

template <class Arithmetic>
PLEACH_DEVICE void run_block(const Thread& thread,
                             Shared& shared,
                             const Launch& launch,
                             std::uint32_t block) {
  std::uint32_t r = 0;
  while (r + 1 < launch.num_ranks && block >= launch.ranks[r + 1].first_block) ++r;
  const LaunchRank& mine = launch.ranks[r];
  const std::uint32_t number = block - mine.first_block;
  if (mine.one_shot == nullptr) {
    BlockInterpreter<Arithmetic>(thread, shared, launch, mine, number).run();
  } else {
    const std::uint32_t end =
        r + 1 < launch.num_ranks ? launch.ranks[r + 1].first_block : launch.num_blocks;
    OneShotBlock<Arithmetic>(thread, launch, mine, number, end - mine.first_block).run();
  }
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
