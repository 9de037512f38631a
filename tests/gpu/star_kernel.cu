// The all-reduce that the interpreter is compared with: a star of trees for each rank, in one
// kernel that knows its shape, type and number of ranks when it is compiled, and waits for nobody
// (all ranks are in the one launch, so their inputs are there).
#include <string>

#include <cuda_runtime_api.h>

#include "compiler/core/machine_error.hpp"
#include "kernels/cuda_error.hpp"
#include "kernels/move.hpp"
#include "tests/gpu/baselines.hpp"

namespace pleach::gpu_check {
namespace {

constexpr int kThreads = 512;

template <class Format, int ranks>
__global__ void __launch_bounds__(kThreads, 2) star(const __grid_constant__ StarCall call) {
  using Pack = device::Pack<Format, device::Vector16>;
  // Vectors of each source that a thread has under way: eight in all, in 64 registers.
  constexpr int kAtOnce = 8 / ranks;
  // Blocks are dealt to ranks in turn, so that all ranks' parts are under way at once.
  const unsigned rank = blockIdx.x % ranks;
  const std::uint64_t part = call.bytes / ranks;
  const std::uint64_t begin = rank * part;
  const std::uint64_t vectors = part / 16;
  const std::uint64_t stride = std::uint64_t{gridDim.x / ranks} * kThreads;
  std::uint64_t vector = std::uint64_t{blockIdx.x / ranks} * kThreads + threadIdx.x;
  const auto sum = [&](std::uint64_t first, int count) {
    device::Vector16 values[ranks][kAtOnce];
#pragma unroll
    for (int s = 0; s < ranks; ++s) {
#pragma unroll
      for (int k = 0; k < kAtOnce; ++k) {
        if (k < count) {
          values[s][k] = device::load16(call.input[s] + begin + (first + k * stride) * 16);
        }
      }
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (k >= count) break;
      Pack total;
      total.widen(values[0][k]);
#pragma unroll
      for (int s = 1; s < ranks; ++s) total.template combine<ReduceOp::Sum>(values[s][k]);
      const device::Vector16 result = total.narrow();
#pragma unroll
      for (int d = 0; d < ranks; ++d) {
        device::store16(call.output[d] + begin + (first + k * stride) * 16, result);
      }
    }
  };
  for (; vector + (kAtOnce - 1) * stride < vectors; vector += kAtOnce * stride) {
    sum(vector, kAtOnce);
  }
  if (vector < vectors) sum(vector, 1);
}

template <class Format>
const void* kernel_of(int ranks) {
  switch (ranks) {
    case 2: return reinterpret_cast<const void*>(&star<Format, 2>);
    case 4: return reinterpret_cast<const void*>(&star<Format, 4>);
    case 8: return reinterpret_cast<const void*>(&star<Format, 8>);
    default: throw MachineError("the star written by hand is for 2, 4 or 8 ranks");
  }
}

class CudaBaselines final : public Baselines {
 public:
  CudaBaselines() { PLEACH_CUDA_CHECK(cudaGetDeviceProperties(&properties_, 0)); }

  std::string describe() const override {
    int driver = 0;
    int runtime = 0;
    PLEACH_CUDA_CHECK(cudaDriverGetVersion(&driver));
    PLEACH_CUDA_CHECK(cudaRuntimeGetVersion(&runtime));
    const auto version = [](int number) {
      return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
    };
    return std::string(properties_.name) + ", compute capability " +
           std::to_string(properties_.major) + "." + std::to_string(properties_.minor) + ", " +
           std::to_string(properties_.multiProcessorCount) + " multiprocessors, " +
           std::to_string(properties_.l2CacheSize >> 20) + " MiB of L2, " +
           std::to_string(properties_.totalGlobalMem >> 30) + " GiB; driver for CUDA " +
           version(driver) + ", built with CUDA " + version(runtime);
  }
  void copy(std::byte* to, const std::byte* from, std::size_t bytes, void* stream) override {
    PLEACH_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice,
                                      static_cast<cudaStream_t>(stream)));
  }
  void set(std::byte* to, std::size_t bytes, void* stream) override {
    PLEACH_CUDA_CHECK(cudaMemsetAsync(to, 0, bytes, static_cast<cudaStream_t>(stream)));
  }
  void all_reduce(const StarCall& call, void* stream) override {
    const void* const kernel = call.dtype == DataType::Float32
                                   ? kernel_of<device::Native<float>>(call.ranks)
                                   : kernel_of<device::Bfloat16>(call.ranks);
    int blocks = 0;
    PLEACH_CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, kThreads, 0));
    const int all = blocks * properties_.multiProcessorCount;
    StarCall copy = call;
    void* arguments[] = {&copy};
    PLEACH_CUDA_CHECK(
        cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(all / call.ranks * call.ranks)),
                         dim3(kThreads), arguments, 0, static_cast<cudaStream_t>(stream)));
  }

 private:
  cudaDeviceProp properties_ = {};
};

}  // namespace

std::unique_ptr<Baselines> cuda_baselines() { return std::make_unique<CudaBaselines>(); }

}  // namespace pleach::gpu_check
