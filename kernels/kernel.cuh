// The entry of every kernel, for the files that compile them.
#pragma once

#include "kernels/kernel_address.cuh"
#include "kernels/launch.hpp"
#include "kernels/program.hpp"
#include "kernels/run_block.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// Two blocks on a multiprocessor: 64 registers a thread. The launch stays where it was passed.
template <class Arithmetic>
__global__ void __launch_bounds__(kThreadsPerBlock, 2)
    execute(const __grid_constant__ Launch launch) {
  __shared__ Shared shared;
  run_block<Arithmetic>(Thread(), shared, launch, blockIdx.x);
}

template <class Arithmetic>
const void* kernel_address() {
  return reinterpret_cast<const void*>(&execute<Arithmetic>);
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device

// Compiles the kernels of one Format (kernels/elements.hpp), within pleach::device.
#define PLEACH_KERNELS_OF(Format)                                          \
  template const void* kernel_address<Combining<Format, ReduceOp::Sum>>(); \
  template const void* kernel_address<Combining<Format, ReduceOp::Min>>(); \
  template const void* kernel_address<Combining<Format, ReduceOp::Max>>(); \
  template const void* kernel_address<Combining<Format, ReduceOp::Prod>>()
