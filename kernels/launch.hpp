// Starts the kernels on GPUs. Plain C++: no header of CUDA is needed to include it. All calls are
// about the GPU that is current in the calling thread, and throw CudaError (kernels/cuda_error.hpp)
// in CUDA's words.
#pragma once

#include <cstdint>

#include "kernels/kernel_key.hpp"
#include "kernels/program.hpp"

namespace pleach::device {

inline constexpr std::uint32_t kThreadsPerBlock = 512;

// What launches need to know of a GPU.
struct GpuKernels {
  // Blocks of any kernel that are resident at once on an idle GPU.
  std::uint32_t resident_blocks = 0;
  // sm_90 or later: there is a bulk copy engine, multicast addresses, and more than one domain of
  // memory synchronisation.
  bool hopper = false;
};

// Loads every kernel onto the GPU and asks how many blocks of each fit. Loading may wait for all
// kernels that run there, so it must not be left for the first launch: a kernel that waits for one
// not yet loaded would wait for ever. Ask once for each GPU.
// Cost: milliseconds to a second, and the device memory of 45 kernels' code.
[[nodiscard]] GpuKernels prepare_kernels();

// Starts one launch after what `stream` (a cudaStream_t) has; a graph may record it.
// Needs:  `gpu` of the current GPU; launch.num_blocks from 1 to gpu.resident_blocks. More than are
//         free just now wait until there is room, since a cooperative launch begins as a whole.
void launch_kernel(const GpuKernels& gpu, const KernelKey& key, const Launch& launch, void* stream);

}  // namespace pleach::device
