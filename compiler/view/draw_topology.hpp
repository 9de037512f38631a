// The picture of a machine: its nodes and links, what each link carries, one tree drawn over it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "compiler/ir/schedule.hpp"

namespace pleach::view {

struct Picture {
  std::string svg;   // the whole file
  double width = 0;  // of the page, in SVG units
  double height = 0;
};

struct PictureRequest {
  // Null where loads are not known. Otherwise a schedule without violations for the machine drawn.
  const Schedule* schedule = nullptr;
  std::optional<std::size_t> tree = {};  // a position as in tree_edges; needs a schedule
  std::string note = "";                 // one more line for the legend; may be empty
};

// Same machine and request, same bytes. The file stands alone: no script, style sheet or font.
// Cost: that of layout_machine and link_loads.
[[nodiscard]] Picture draw_topology(const Topology& topology, const PictureRequest& request);

}  // namespace pleach::view
