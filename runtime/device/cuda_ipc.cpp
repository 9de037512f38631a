#include "runtime/device/cuda_ipc.hpp"

#include <cstdint>
#include <cstring>
#include <string>

#include <cuda.h>
#include <cudaTypedefs.h>
#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"

namespace pleach {
namespace {

// What a name holds. The handle is of the whole allocation.
struct Name {
  cudaIpcMemHandle_t handle;
  std::uint64_t offset;
};
static_assert(sizeof(Name) == 72 && sizeof(cudaIpcMemHandle_t) == 64);

// A function of the driver's library, which is not linked: programs start without it.
template <class Function>
Function driver_function(const char* symbol, unsigned since_version) {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
  PLEACH_CUDA_CHECK(cudaGetDriverEntryPointByVersion(symbol, &function, since_version,
                                                     cudaEnableDefault, &found));
  if (found != cudaDriverEntryPointSuccess || function == nullptr) {
    throw MachineError("the NVIDIA driver has no " + std::string(symbol) +
                       ": install a newer driver");
  }
  return reinterpret_cast<Function>(function);
}

struct Range {
  CUdeviceptr base = 0;
  std::size_t bytes = 0;
};

// The allocation that `memory` is in, if cudaIpcGetMemHandle takes it.
std::optional<Range> shareable_allocation(const std::byte* memory) {
  const auto address = reinterpret_cast<CUdeviceptr>(memory);
  const auto attribute =
      driver_function<PFN_cuPointerGetAttribute_v4000>("cuPointerGetAttribute", 4000);
  int capable = 0;
  // It fails for memory that CUDA does not know.
  if (attribute(&capable, CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE, address) !=
          CUDA_SUCCESS ||
      capable == 0) {
    return std::nullopt;
  }
  const auto range_of =
      driver_function<PFN_cuMemGetAddressRange_v3020>("cuMemGetAddressRange", 3020);
  Range range;
  if (range_of(&range.base, &range.bytes, address) != CUDA_SUCCESS) return std::nullopt;
  return range;
}

}  // namespace

std::optional<std::vector<std::byte>> name_memory(const std::byte* memory, std::size_t bytes) {
  const std::optional<Range> range = shareable_allocation(memory);
  if (!range) return std::nullopt;
  Name name{};
  name.offset = reinterpret_cast<CUdeviceptr>(memory) - range->base;
  if (name.offset > range->bytes || bytes > range->bytes - name.offset) return std::nullopt;
  const cudaError_t status =
      cudaIpcGetMemHandle(&name.handle, reinterpret_cast<void*>(range->base));
  if (status == cudaErrorNotSupported || status == cudaErrorInvalidValue ||
      status == cudaErrorMapBufferObjectFailed) {
    (void)cudaGetLastError();
    return std::nullopt;
  }
  check_cuda(status, "cudaIpcGetMemHandle(&name.handle, base)");
  std::vector<std::byte> text(sizeof name);
  std::memcpy(text.data(), &name, sizeof name);
  return text;
}

std::byte* OpenedMemory::open(std::span<const std::byte> name) {
  Name parts{};
  if (name.size() != sizeof parts) {
    throw MachineError("a name of GPU memory has " + std::to_string(sizeof parts) +
                       " bytes, and this has " + std::to_string(name.size()) +
                       ": all processes must run one version of pleach");
  }
  std::memcpy(&parts, name.data(), sizeof parts);
  Handle handle;
  std::memcpy(handle.data(), &parts.handle, handle.size());
  const std::lock_guard lock(mutex_);
  auto found = mappings_.find(handle);
  if (found == mappings_.end()) {
    void* base = nullptr;
    PLEACH_CUDA_CHECK(cudaIpcOpenMemHandle(&base, parts.handle, cudaIpcMemLazyEnablePeerAccess));
    found = mappings_.emplace(handle, Mapping{static_cast<std::byte*>(base), 0}).first;
  }
  std::byte* const memory = found->second.base + parts.offset;
  opened_.emplace(memory, handle);
  ++found->second.users;
  return memory;
}

void OpenedMemory::close(std::byte* memory) {
  const std::lock_guard lock(mutex_);
  const auto opened = opened_.find(memory);
  if (opened == opened_.end()) return;
  const auto mapping = mappings_.find(opened->second);
  opened_.erase(opened);
  if (--mapping->second.users > 0) return;
  std::byte* const base = mapping->second.base;
  mappings_.erase(mapping);
  PLEACH_CUDA_CHECK(cudaIpcCloseMemHandle(base));
}

}  // namespace pleach
