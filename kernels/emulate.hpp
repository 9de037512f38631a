// Runs a launch on the host: a thread of the operating system for each thread of each block.
#pragma once

#include <cstdint>

#include "kernels/kernel_key.hpp"
#include "kernels/program.hpp"

namespace pleach::device {

// Returns when all blocks have ended; `launch` may go earlier than that (it is copied).
// Needs:  pointers of `launch` that this process reads and writes.
// Throws: std::system_error when there are not enough threads.
// Cost:   launch.num_blocks * threads_per_block threads, made anew each time. For tests.
void emulate(const KernelKey& key, const Launch& launch, std::uint32_t threads_per_block);

}  // namespace pleach::device
