#include "kernels/cuda_error.hpp"

#include <string>

#include <cuda_runtime_api.h>

namespace pleach {
namespace {

// Of the calling thread; "" where there is none.
std::string current_gpu() {
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) return "";
  return " on GPU " + std::to_string(device);
}

std::string advice(cudaError_t status) {
  switch (status) {
    case cudaErrorMemoryAllocation:
      return "; free memory of the GPU, or give this process a GPU of its own";
    case cudaErrorInsufficientDriver:
      return "; install an NVIDIA driver for CUDA " + std::to_string(CUDART_VERSION / 1000) + "." +
             std::to_string(CUDART_VERSION % 1000 / 10) + " or later";
    case cudaErrorNoKernelImageForDevice:
      return "; build with CMAKE_CUDA_ARCHITECTURES that name this GPU";
    case cudaErrorCooperativeLaunchTooLarge: return "; set PLEACH_CHANNELS lower";
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
      return "; the process can not use this GPU any more: end it, and run it under "
             "compute-sanitizer to find the access";
    default: return "";
  }
}

}  // namespace

void check_cuda(int status, const char* call) {
  const auto error = static_cast<cudaError_t>(status);
  if (error == cudaSuccess) return;
  (void)cudaGetLastError();
  throw CudaError(std::string(call) + " failed" + current_gpu() + ": " + cudaGetErrorName(error) +
                      ", " + cudaGetErrorString(error) + advice(error),
                  status);
}

}  // namespace pleach
