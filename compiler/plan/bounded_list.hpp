// At most N values, inline: what has a fixed limit on a device has it here too.
#pragma once

#include <array>
#include <cstddef>

#include "compiler/core/check.hpp"

namespace pleach {

template <class T, std::size_t N>
class BoundedList {
 public:
  // Needs: !full().
  void push_back(const T& value) {
    ENSURE(!full(), "a bounded list takes no more values");
    items_[size_++] = value;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == N; }
  [[nodiscard]] T& operator[](std::size_t position) { return items_[position]; }
  [[nodiscard]] const T& operator[](std::size_t position) const { return items_[position]; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }

 private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

}  // namespace pleach
