// What tests of single kernel functions run them on: a block of threads, and guarded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "kernels/block_barrier.hpp"
#include "kernels/shim.hpp"

namespace pleach::testing {

// body(thread) on each thread of one block; returns when all have.
template <class Body>
void run_block_of(std::uint32_t threads, Body body) {
  device::BlockBarrier barrier(threads);
  std::vector<std::jthread> running;
  for (std::uint32_t index = 0; index < threads; ++index) {
    running.emplace_back([&, index] { body(device::Thread(index, barrier)); });
  }
}

// Random bytes at an address that is `shift` modulo 16, with guards before and behind.
class Area {
 public:
  Area(std::size_t shift, std::size_t bytes, std::mt19937_64& random)
      : shift_(shift), bytes_(bytes), memory_(kGuard + shift + bytes + kGuard, kUntouched) {
    for (std::size_t i = 0; i < bytes; ++i) data()[i] = static_cast<std::byte>(random());
  }
  [[nodiscard]] std::byte* data() { return memory_.data() + kGuard + shift_; }
  [[nodiscard]] const std::byte* data() const { return memory_.data() + kGuard + shift_; }
  [[nodiscard]] std::vector<std::byte> content() const { return {data(), data() + bytes_}; }
  [[nodiscard]] bool is_guarded() const {
    const auto untouched = [](std::byte byte) { return byte == kUntouched; };
    return std::all_of(memory_.data(), data(), untouched) &&
           std::all_of(data() + bytes_, memory_.data() + memory_.size(), untouched);
  }

 private:
  static constexpr std::byte kUntouched{0xc3};
  static constexpr std::size_t kGuard = 48;
  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 16 && kGuard % 16 == 0);
  std::size_t shift_;
  std::size_t bytes_;
  std::vector<std::byte> memory_;
};

}  // namespace pleach::testing
