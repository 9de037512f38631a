// Title and legend of a picture. Internal to draw_topology.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/view/link_load.hpp"
#include "compiler/view/link_pairs.hpp"
#include "compiler/view/svg.hpp"

namespace pleach::view {

struct Legend {
  std::string title;
  std::string subtitle;
  bool has_loads = false;
  bool has_idle_links = false;
  std::vector<Bandwidth> capacities;  // to show, the largest first
  StrokeWidths widths;
  std::vector<std::string> lines;  // of text, one below the other
  double scale = 1;                // of all text: large pages are shown small
};

[[nodiscard]] double title_height(const Legend& legend);
[[nodiscard]] double legend_height(const Legend& legend);
// What the title and the legend need.
[[nodiscard]] double least_width(const Legend& legend);

// The different capacities of a machine, the largest first, at most five: the extremes stay.
[[nodiscard]] std::vector<Bandwidth> sample_capacities(const Topology& topology);

void draw_title(SvgWriter& svg, const Legend& legend);
// `top` is the upper edge of the legend's room.
void draw_legend(SvgWriter& svg, const Legend& legend, double top);

}  // namespace pleach::view
