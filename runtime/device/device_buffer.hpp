// Memory and streams of a device that go with their owner.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "runtime/device/device.hpp"

namespace pleach {

// `bytes` of zeroed memory of the device, which it keeps. Move-only; null when made of nothing.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  // Throws MachineError.
  DeviceBuffer(std::shared_ptr<Device> device, std::size_t bytes)
      : device_(std::move(device)), memory_(device_->allocate(bytes)), bytes_(bytes) {}
  ~DeviceBuffer() { free(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : device_(std::move(other.device_)),
        memory_(std::exchange(other.memory_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    if (this == &other) return *this;
    free();
    device_ = std::move(other.device_);
    memory_ = std::exchange(other.memory_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }

  [[nodiscard]] std::byte* data() const { return memory_; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  // A device that fails has failed before, where it was told.
  void free() noexcept {
    try {
      if (memory_ != nullptr) device_->deallocate(memory_);
    } catch (...) {
    }
  }

  std::shared_ptr<Device> device_;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

// A stream of its own, of the device, which it keeps. Move-only.
class DeviceStream {
 public:
  // Throws MachineError.
  explicit DeviceStream(std::shared_ptr<Device> device)
      : device_(std::move(device)), stream_(device_->make_stream()) {}
  ~DeviceStream() {
    try {
      if (stream_ != nullptr) device_->destroy_stream(stream_);
    } catch (...) {
    }
  }
  DeviceStream(DeviceStream&& other) noexcept
      : device_(std::move(other.device_)), stream_(std::exchange(other.stream_, nullptr)) {}
  DeviceStream& operator=(DeviceStream&&) = delete;

  [[nodiscard]] void* get() const { return stream_; }
  [[nodiscard]] Device& device() const { return *device_; }

 private:
  std::shared_ptr<Device> device_;
  void* stream_;
};

}  // namespace pleach
