#include <algorithm>
#include <cstdint>
#include <limits>

#include <cuda_runtime_api.h>

#include "compiler/core/data_type.hpp"
#include "kernels/bulk_memory.hpp"
#include "kernels/cuda_error.hpp"
#include "kernels/kernel_address.cuh"
#include "kernels/launch.hpp"
#include "kernels/table.hpp"

namespace pleach::device {
namespace {

const void* address_of(const KernelKey& key) {
  return choose_kernel(
      key, []<class Arithmetic>(Choice<Arithmetic>) { return kernel_address<Arithmetic>(); });
}

template <class Visit>
void for_each_kernel(Visit visit) {
  visit(address_of({.combines = false}));
  for (const DataType dtype : kDataTypes) {
    for (const ReduceOp op : kReduceOps) {
      if (op == ReduceOp::Avg) continue;  // has Sum's
      visit(address_of({.combines = true, .dtype = dtype, .op = op}));
    }
  }
}

int attribute(cudaDeviceAttr which) {
  int device = 0;
  PLEACH_CUDA_CHECK(cudaGetDevice(&device));
  int value = 0;
  PLEACH_CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

}  // namespace

GpuKernels prepare_kernels() {
  const bool hopper = attribute(cudaDevAttrComputeCapabilityMajor) >= 9;
  const int bulk_memory = hopper ? static_cast<int>(kBulkMemory) : 0;
  int least = std::numeric_limits<int>::max();
  for_each_kernel([&](const void* kernel) {
    cudaFuncAttributes attributes{};
    PLEACH_CUDA_CHECK(cudaFuncGetAttributes(&attributes, kernel));  // loads it
    if (bulk_memory > 0) {
      PLEACH_CUDA_CHECK(
          cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bulk_memory));
    }
    int blocks = 0;
    PLEACH_CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
        &blocks, kernel, static_cast<int>(kThreadsPerBlock),
        static_cast<std::size_t>(bulk_memory)));
    least = std::min(least, blocks);
  });
  const int multiprocessors = attribute(cudaDevAttrMultiProcessorCount);
  return {.resident_blocks = static_cast<std::uint32_t>(least * multiprocessors), .hopper = hopper};
}

void launch_kernel(const GpuKernels& gpu,
                   const KernelKey& key,
                   const Launch& launch,
                   void* stream) {
  cudaLaunchAttribute attributes[2] = {};
  unsigned count = 0;
  // All blocks are resident or none is: they wait for one another.
  attributes[count].id = cudaLaunchAttributeCooperative;
  attributes[count].val.cooperative = 1;
  ++count;
  if (gpu.hopper) {
    // Our system-wide releases do not wait for stores of the program's own kernels.
    attributes[count].id = cudaLaunchAttributeMemSyncDomain;
    attributes[count].val.memSyncDomain = cudaLaunchMemSyncDomainRemote;
    ++count;
  }
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(launch.num_blocks);
  config.blockDim = dim3(kThreadsPerBlock);
  config.dynamicSmemBytes = gpu.hopper && launch.bulk != 0 ? kBulkMemory : 0;
  config.stream = static_cast<cudaStream_t>(stream);
  config.attrs = attributes;
  config.numAttrs = count;
  void* arguments[] = {const_cast<Launch*>(&launch)};
  PLEACH_CUDA_CHECK(cudaLaunchKernelExC(&config, address_of(key), arguments));
}

}  // namespace pleach::device
