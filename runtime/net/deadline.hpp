// The end of every wait in the runtime.
#pragma once

#include <chrono>

namespace pleach {

// A point in time after which a wait gives up. A plain value; copies end together.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(Clock::duration from_now) : end_(Clock::now() + from_now) {}

  [[nodiscard]] bool passed() const { return Clock::now() >= end_; }
  // What is left, at least 0: what poll(2) takes.
  [[nodiscard]] int milliseconds_left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    constexpr long long kMost = 1 << 30;
    return static_cast<int>(left < 0 ? 0 : left > kMost ? kMost : left);
  }

 private:
  Clock::time_point end_;
};

}  // namespace pleach
