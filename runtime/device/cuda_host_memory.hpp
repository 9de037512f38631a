// Host memory that was allocated without CUDA and that GPUs of this process use.
#pragma once

#include <cstddef>

namespace pleach {

// Where the current GPU reads and writes `bytes` of host memory from `memory` on, until as many
// calls of unmap_host_memory. CUDA registers memory once for all GPUs of a process, so the count is
// the process's. Memory that the program itself has registered is left to it.
// Throws: CudaError; MachineError when less was registered from this address on.
[[nodiscard]] std::byte* map_host_memory(std::byte* memory, std::size_t bytes);
// Null, and memory that is not mapped, does nothing. Throws: CudaError.
void unmap_host_memory(std::byte* memory);

}  // namespace pleach
