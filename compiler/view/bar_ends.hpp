// Where bars begin and end, and where their labels stand. Internal to the layout of bars.
#pragma once

#include <string>
#include <vector>

#include "compiler/view/bar_columns.hpp"
#include "compiler/view/bar_plan.hpp"

namespace pleach::view {

inline constexpr double kBarWidth = 22;    // at least
inline constexpr double kBarOverhang = 9;  // of a bar beyond its outer columns

// How wide a bar must be for its label.
[[nodiscard]] double label_room(const std::string& label);

// Sets the spans and labels of all bars. `of_columns`, by node, holds their outer columns.
// Needs: frames and wires are placed.
// Cost: O(bars of a level squared).
void finish_bars(const BarPlan& plan, const std::vector<Span>& of_columns, BarColumns& columns);

}  // namespace pleach::view
