// Threads of this process in place of a GPU: the same kernels, tables and protocols, on memory of
// the host.
//
// For tests, and for trying the GPU path where there is no GPU; it is slow, and a launch returns
// only when it has ended. Its memory is shared with other processes of the user by descriptor.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/device/device.hpp"

namespace pleach {

inline constexpr std::uint32_t kEmulatedThreads = 4;  // of each block

// `resident_blocks`: what it says it can run at once. Each device has its own identity in this
// process, unless that is `number`'s: the same number is the same device.
[[nodiscard]] std::shared_ptr<Device> open_emulated_device(int number = 0,
                                                           std::uint32_t resident_blocks = 64);

}  // namespace pleach
