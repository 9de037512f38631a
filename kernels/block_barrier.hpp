// __syncthreads for threads of the operating system.
#pragma once

#include <atomic>
#include <cstdint>

namespace pleach::device {

class BlockBarrier {
 public:
  explicit BlockBarrier(std::uint32_t threads) : threads_(threads) {}

  [[nodiscard]] std::uint32_t threads() const { return threads_; }

  // Returns when all threads of the block have arrived: whether all of their values were true. What
  // a thread wrote before, all see after.
  bool arrive(bool value) {
    const std::uint32_t round = round_.load(std::memory_order_relaxed);
    if (!value) refused_[round % 2].store(true, std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      // Nobody arrives at the next round before this one ends, nor at the one after it before all
      // have read this one's verdict.
      refused_[(round + 1) % 2].store(false, std::memory_order_relaxed);
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
    } else {
      for (auto now = round; now == round; now = round_.load(std::memory_order_acquire)) {
        round_.wait(round, std::memory_order_acquire);
      }
    }
    return !refused_[round % 2].load(std::memory_order_relaxed);
  }

 private:
  const std::uint32_t threads_;
  std::atomic<std::uint32_t> round_ = 0;
  std::atomic<std::uint32_t> arrived_ = 0;
  std::atomic<bool> refused_[2] = {false, false};
};

}  // namespace pleach::device
