// Keeps vertical strokes apart. Internal to the layout of bars.
#pragma once

#include <algorithm>
#include <set>
#include <utility>

namespace pleach::view {

// The columns that are taken, as intervals of x.
class ColumnBook {
 public:
  void add(double x, double half_width) {
    taken_.emplace(x - half_width, x + half_width);
    widest_ = std::max(widest_, 2 * half_width);
  }

  // Gives back what add() took. Needs: the same numbers.
  void remove(double x, double half_width) {
    const auto found = taken_.find({x - half_width, x + half_width});
    if (found != taken_.end()) taken_.erase(found);
  }

  // The middle of the free column nearest to `x`, of the left one when two are equally near.
  [[nodiscard]] double find(double x, double half_width) const {
    const double right = free_to(x, half_width, 1);
    const double left = free_to(x, half_width, -1);
    return x - left <= right - x ? left : right;
  }

  // The same, and takes it.
  double take(double x, double half_width) {
    const double chosen = find(x, half_width);
    add(chosen, half_width);
    return chosen;
  }

 private:
  // The first free place from `x` on, to the right (step 1) or to the left (-1).
  [[nodiscard]] double free_to(double x, double half_width, int step) const {
    bool moved = true;
    while (moved) {
      moved = false;
      for (auto it = taken_.lower_bound({x - half_width - widest_, 0});
           it != taken_.end() && it->first < x + half_width - kTouch; ++it) {
        if (it->second <= x - half_width + kTouch) continue;
        x = step > 0 ? it->second + half_width : it->first - half_width;
        moved = true;
        break;
      }
    }
    return x;
  }

  // Columns that overlap by less only touch; sums of doubles would else never settle.
  static constexpr double kTouch = 0.001;
  std::multiset<std::pair<double, double>> taken_;
  double widest_ = 0;
};

}  // namespace pleach::view
