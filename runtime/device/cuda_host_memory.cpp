#include "runtime/device/cuda_host_memory.hpp"

#include <map>
#include <mutex>
#include <string>

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"

namespace pleach {
namespace {

struct Mapping {
  std::size_t bytes = 0;
  std::size_t users = 0;
  bool ours = false;  // to unregister
};

struct Mappings {
  std::mutex mutex;
  std::map<std::byte*, Mapping> by_address;
};

// CUDA's registrations are the process's.
Mappings& mappings() {
  static Mappings all;
  return all;
}

// Whether it was not registered before.
bool register_memory(std::byte* memory, std::size_t bytes) {
  const cudaError_t status =
      cudaHostRegister(memory, bytes, cudaHostRegisterMapped | cudaHostRegisterPortable);
  if (status == cudaErrorHostMemoryAlreadyRegistered) {
    (void)cudaGetLastError();
    return false;
  }
  check_cuda(status, "cudaHostRegister(memory, bytes, mapped | portable)");
  return true;
}

std::byte* device_address(std::byte* memory) {
  void* address = nullptr;
  PLEACH_CUDA_CHECK(cudaHostGetDevicePointer(&address, memory, 0));
  return static_cast<std::byte*>(address);
}

}  // namespace

std::byte* map_host_memory(std::byte* memory, std::size_t bytes) {
  Mappings& all = mappings();
  const std::lock_guard lock(all.mutex);
  if (const auto found = all.by_address.find(memory); found != all.by_address.end()) {
    if (found->second.bytes < bytes) {
      throw MachineError("host memory is mapped for GPUs with " +
                         std::to_string(found->second.bytes) + " bytes, and " +
                         std::to_string(bytes) +
                         " are needed from the same address on: unmap it first");
    }
    std::byte* const address = device_address(memory);
    ++found->second.users;
    return address;
  }
  const bool ours = register_memory(memory, bytes);
  try {
    std::byte* const address = device_address(memory);
    all.by_address[memory] = {.bytes = bytes, .users = 1, .ours = ours};
    return address;
  } catch (...) {
    if (ours) (void)cudaHostUnregister(memory);
    throw;
  }
}

void unmap_host_memory(std::byte* memory) {
  Mappings& all = mappings();
  const std::lock_guard lock(all.mutex);
  const auto found = all.by_address.find(memory);
  if (found == all.by_address.end() || --found->second.users > 0) return;
  const bool ours = found->second.ours;
  all.by_address.erase(found);
  if (ours) PLEACH_CUDA_CHECK(cudaHostUnregister(memory));
}

}  // namespace pleach
