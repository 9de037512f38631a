#include "runtime/comm/device_choice.hpp"

#include <map>
#include <mutex>

#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/shared_heap.hpp"
#include "runtime/device/emulated_device.hpp"
#include "runtime/net/launcher.hpp"

namespace pleach {
namespace {

// Buffers on devices, each of which keeps its device.
struct DeviceBuffers {
  std::mutex mutex;
  std::map<std::byte*, std::shared_ptr<Device>> devices;
};
DeviceBuffers& device_buffers() {
  static DeviceBuffers buffers;
  return buffers;
}

}  // namespace

std::shared_ptr<Device> open_emulated(int number) { return open_emulated_device(number); }

std::optional<DeviceOpener> opener_named(const std::string& backend) {
  if (backend == "host") return nullptr;
  if (backend == "cuda") return open_cuda_device;
  if (backend == "emulated") return open_emulated;
  return std::nullopt;
}

std::byte* allocate_buffer(std::size_t bytes) {
  const std::string backend = process_environment()("PLEACH_BACKEND").value_or("host");
  const auto opener = opener_named(backend);
  if (!opener) {
    throw CommError(
        CommError::Kind::InvalidArgument,
        "PLEACH_BACKEND is \"" + backend + "\"; expected \"host\", \"cuda\" or \"emulated\"");
  }
  if (*opener == nullptr) return process_heap().allocate(bytes);
  auto device = *opener == open_cuda_device ? open_current_cuda_device() : (*opener)(0);
  std::byte* const memory = device->allocate(bytes);
  DeviceBuffers& buffers = device_buffers();
  const std::lock_guard lock(buffers.mutex);
  buffers.devices.emplace(memory, std::move(device));
  return memory;
}

bool free_buffer(std::byte* memory) {
  if (memory == nullptr) return true;
  std::shared_ptr<Device> device;
  {
    DeviceBuffers& buffers = device_buffers();
    const std::lock_guard lock(buffers.mutex);
    const auto at = buffers.devices.find(memory);
    if (at != buffers.devices.end()) {
      device = at->second;
      buffers.devices.erase(at);
    }
  }
  if (device != nullptr) {
    device->deallocate(memory);
    return true;
  }
  if (!process_heap().contains(memory, 1)) return false;
  process_heap().deallocate(memory);
  return true;
}

}  // namespace pleach
