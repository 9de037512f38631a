// Memory for the buffers of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pleach {

// `bytes` of zeroed memory, every page of it really there, aligned to a cache line (large ones to a
// huge page, and made of such pages where the system has them). Move-only; null when empty.
class HostBuffer {
 public:
  HostBuffer() = default;
  // Throws std::bad_alloc.
  explicit HostBuffer(std::size_t bytes);

  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

// Bytes that this process may still take without pushing others out: the least of what the kernel
// calls available and the limit of the control group; the largest number where neither is known.
[[nodiscard]] std::uint64_t available_memory();

}  // namespace pleach
