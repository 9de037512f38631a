#include "runtime/device/current_gpu.hpp"

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"

namespace pleach {

CurrentGpu::CurrentGpu(int device) {
  PLEACH_CUDA_CHECK(cudaGetDevice(&former_));
  if (former_ == device) return;
  PLEACH_CUDA_CHECK(cudaSetDevice(device));
  changed_ = true;
}

CurrentGpu::~CurrentGpu() {
  if (changed_) (void)cudaSetDevice(former_);
}

}  // namespace pleach
