// Memory of a device that goes with its owner.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime/device/device.hpp"

namespace pleach {

class DeviceMemory {
 public:
  enum class Where { Device, Host };

  DeviceMemory() = default;
  // The device outlives it. Throws as Device::allocate and allocate_host.
  DeviceMemory(Device& device, std::size_t bytes, Where where = Where::Device)
      : device_(&device),
        where_(where),
        memory_(where == Where::Host ? device.allocate_host(bytes) : device.allocate(bytes)) {}
  ~DeviceMemory() {
    if (memory_ == nullptr) return;
    where_ == Where::Host ? device_->deallocate_host(memory_) : device_->deallocate(memory_);
  }
  DeviceMemory(DeviceMemory&& other) noexcept
      : device_(other.device_),
        where_(other.where_),
        memory_(std::exchange(other.memory_, nullptr)) {}
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(where_, other.where_);
    std::swap(memory_, other.memory_);
    return *this;
  }

  // Null for one without memory.
  [[nodiscard]] std::byte* get() const { return memory_; }
  template <class T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(memory_);
  }

 private:
  Device* device_ = nullptr;
  Where where_ = Where::Device;
  std::byte* memory_ = nullptr;
};

}  // namespace pleach
