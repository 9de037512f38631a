// Counts chunks that may arrive in any order.
#pragma once

#include <cstdint>

namespace pleach {

// `count` chunks have arrived without a gap. Chunks are named modulo 256, and are at most 63 ahead
// of the first that is missing.
class ArrivalCounter {
 public:
  // A chunk that has been counted already is ignored.
  void add(std::uint64_t chunk) {
    const std::uint64_t ahead = (chunk - count_) & 0xff;
    if (ahead >= 64) return;
    early_ |= std::uint64_t{1} << ahead;
    while ((early_ & 1) != 0) {
      early_ >>= 1;
      ++count_;
    }
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t early_ = 0;  // bit i: chunk count_ + i is here
};

}  // namespace pleach
