// The horizontal half of a layout of bars: where each node begins and ends, and at which x each
// wire runs. Internal to layout_bars.cpp.
#pragma once

#include <vector>

#include "compiler/view/bar_plan.hpp"

namespace pleach::view {

struct Span {
  double left = 0;
  double right = 0;
  [[nodiscard]] double middle() const { return (left + right) / 2; }
  bool operator==(const Span&) const = default;
};

struct BarColumns {
  std::vector<Span> nodes;      // by node
  std::vector<double> label_x;  // by node
  std::vector<Span> frames;     // by cluster
  std::vector<Span> wires;      // by pair: x at `a` (left) and at `b` (right), equal for a vertical
};

// Every wire to the fabric gets a column of its own. The bar of a switch spans its columns; bars
// that overlap are for the caller to put on different heights. Frames grow to hold the bars of
// their boxes. Cost: O(wires * log wires), more only where many wires want the same column.
[[nodiscard]] BarColumns place_columns(const BarPlan& plan);

}  // namespace pleach::view
