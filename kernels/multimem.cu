#include <cstdint>
#include <string>

#include <cuda_runtime_api.h>

#include "compiler/core/machine_error.hpp"
#include "kernels/cuda_error.hpp"
#include "kernels/launch.hpp"
#include "kernels/multimem.hpp"
#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

// Loads are relaxed: the barrier that the caller has passed orders them after the data, and the
// end of the launch orders what is stored before what comes later.
#define PLEACH_MULTIMEM_VECTOR(Name, add_type, store_type)                              \
  struct Name {                                                                         \
    using Unit = Vector16;                                                              \
    PLEACH_DEVICE static Unit sum(const std::byte* at) {                                \
      Unit v;                                                                           \
      asm volatile("multimem.ld_reduce.relaxed.sys.global.add." add_type                \
                   " {%0, %1, %2, %3}, [%4];"                                           \
                   : "=r"(v.word[0]), "=r"(v.word[1]), "=r"(v.word[2]), "=r"(v.word[3]) \
                   : "l"(__cvta_generic_to_global(at))                                  \
                   : "memory");                                                         \
      return v;                                                                         \
    }                                                                                   \
    PLEACH_DEVICE static void store(std::byte* at, const Unit& v) {                     \
      asm volatile("multimem.st.relaxed.sys.global." store_type                         \
                   " [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(at)),      \
                   "r"(v.word[0]), "r"(v.word[1]), "r"(v.word[2]), "r"(v.word[3])       \
                   : "memory");                                                         \
    }                                                                                   \
  }
#define PLEACH_MULTIMEM_SCALAR(Name, Type, type, letter)                          \
  struct Name {                                                                   \
    using Unit = Type;                                                            \
    PLEACH_DEVICE static Unit sum(const std::byte* at) {                          \
      Unit v;                                                                     \
      asm volatile("multimem.ld_reduce.relaxed.sys.global.add." type " %0, [%1];" \
                   : "=" letter(v)                                                \
                   : "l"(__cvta_generic_to_global(at))                            \
                   : "memory");                                                   \
      return v;                                                                   \
    }                                                                             \
    PLEACH_DEVICE static void store(std::byte* at, const Unit& v) {               \
      asm volatile("multimem.st.relaxed.sys.global." type                         \
                   " [%0], %1;" ::"l"(__cvta_generic_to_global(at)),              \
                   letter(v)                                                      \
                   : "memory");                                                   \
    }                                                                             \
  }

PLEACH_MULTIMEM_VECTOR(Float32Sum, "v4.f32", "v4.f32");
PLEACH_MULTIMEM_VECTOR(Float16Sum, "acc::f32.v4.f16x2", "v4.f16x2");
PLEACH_MULTIMEM_VECTOR(Bfloat16Sum, "acc::f32.v4.bf16x2", "v4.bf16x2");
PLEACH_MULTIMEM_SCALAR(Float64Sum, double, "f64", "d");
// Sums of signed integers have the bits of unsigned ones.
PLEACH_MULTIMEM_SCALAR(Integer32Sum, std::uint32_t, "u32", "r");
PLEACH_MULTIMEM_SCALAR(Integer64Sum, std::uint64_t, "u64", "l");

}  // namespace PLEACH_SHIM

namespace {

template <class Adder>
__global__ void __launch_bounds__(kThreadsPerBlock) add(std::byte* memory, std::uint64_t bytes) {
#if __CUDA_ARCH__ >= 900
  using Unit = typename Adder::Unit;
  constexpr int kUnroll = 4;
  const std::uint64_t units = bytes / sizeof(Unit);
  const std::uint64_t stride = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
  std::uint64_t unit = static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (; unit + (kUnroll - 1) * stride < units; unit += kUnroll * stride) {
    Unit sums[kUnroll];
    PLEACH_UNROLL(4)
    for (int k = 0; k < kUnroll; ++k) {
      sums[k] = Adder::sum(memory + (unit + k * stride) * sizeof(Unit));
    }
    PLEACH_UNROLL(4)
    for (int k = 0; k < kUnroll; ++k) {
      Adder::store(memory + (unit + k * stride) * sizeof(Unit), sums[k]);
    }
  }
  for (; unit < units; unit += stride) {
    std::byte* const at = memory + unit * sizeof(Unit);
    Adder::store(at, Adder::sum(at));
  }
#else
  __trap();  // launch_multicast_sum refuses such a GPU
#endif
}

const void* kernel_of(DataType dtype) {
  switch (dtype) {
    case DataType::Float16: return reinterpret_cast<const void*>(&add<Float16Sum>);
    case DataType::Bfloat16: return reinterpret_cast<const void*>(&add<Bfloat16Sum>);
    case DataType::Float32: return reinterpret_cast<const void*>(&add<Float32Sum>);
    case DataType::Float64: return reinterpret_cast<const void*>(&add<Float64Sum>);
    case DataType::Int32:
    case DataType::Uint32: return reinterpret_cast<const void*>(&add<Integer32Sum>);
    case DataType::Int64:
    case DataType::Uint64: return reinterpret_cast<const void*>(&add<Integer64Sum>);
    case DataType::Int8:
    case DataType::Uint8:
    case DataType::Int16: break;
  }
  return nullptr;
}

void require_hopper() {
  int device = 0;
  PLEACH_CUDA_CHECK(cudaGetDevice(&device));
  int major = 0;
  PLEACH_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  if (major >= 9) return;
  throw MachineError("a multicast sum needs compute capability 9.0 (H100) or later, and GPU " +
                     std::to_string(device) + " has " + std::to_string(major) +
                     ".x: use a schedule without multicast nodes");
}

}  // namespace

bool multicast_adds(DataType dtype) { return kernel_of(dtype) != nullptr; }

void launch_multicast_sum(const MulticastSum& sum, void* stream) {
  const void* const kernel = kernel_of(sum.dtype);
  if (kernel == nullptr) {
    throw MachineError("NVLink's switches do not add " + std::string(name_of(sum.dtype)) +
                       ": use a schedule without multicast nodes");
  }
  if ((reinterpret_cast<std::uint64_t>(sum.memory) | sum.bytes) % 16 != 0) {
    throw MachineError("a multicast sum needs an address and a length that 16 divides, and has " +
                       std::to_string(reinterpret_cast<std::uint64_t>(sum.memory)) + " and " +
                       std::to_string(sum.bytes) + " bytes: pad the buffer");
  }
  require_hopper();
  if (sum.bytes == 0) return;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(sum.num_blocks);
  config.blockDim = dim3(kThreadsPerBlock);
  config.stream = static_cast<cudaStream_t>(stream);
  std::byte* memory = sum.memory;
  std::uint64_t bytes = sum.bytes;
  void* arguments[] = {&memory, &bytes};
  PLEACH_CUDA_CHECK(cudaLaunchKernelExC(&config, kernel, arguments));
}

}  // namespace pleach::device
