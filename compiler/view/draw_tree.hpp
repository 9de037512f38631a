// Draws one tree over the links it takes. Internal to draw_topology.cpp.
#pragma once

#include "compiler/view/layout.hpp"
#include "compiler/view/svg.hpp"
#include "compiler/view/tree_edges.hpp"

namespace pleach::view {

// Bold strokes along the wires of every route, coloured by depth; inside a bar each sender has a
// lane of its own. Arrow heads where data arrives at a GPU.
void draw_tree(SvgWriter& svg,
               const Layout& layout,
               const Schedule& schedule,
               const TreeEdges& tree);

// The head of an arrow whose tip is the end of `curve`.
void draw_arrow_head(SvgWriter& svg, const Curve& curve, double width, const std::string& colour);

}  // namespace pleach::view
