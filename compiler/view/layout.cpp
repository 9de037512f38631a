#include "compiler/view/layout.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/view/clusters.hpp"
#include "compiler/view/lattice.hpp"
#include "compiler/view/layout_bars.hpp"
#include "compiler/view/layout_points.hpp"

namespace pleach::view {
namespace {

constexpr double kMargin = 24;

Layout choose(const Topology& topology, const std::vector<LinkPair>& pairs) {
  const bool has_forwarders = topology.num_ranks() < topology.num_nodes();
  if (!has_forwarders) {
    if (const auto lattice = find_lattice(topology, pairs)) {
      return lattice->sizes.size() == 1 ? layout_circle(topology, pairs)
                                        : layout_lattice(topology, pairs, *lattice);
    }
    const Clusters clusters = clusters_of(topology, pairs, incidence_of(topology, pairs));
    if (std::ranges::none_of(clusters.list, &Cluster::framed))
      return layout_circle(topology, pairs);
  }
  return layout_bars(topology, pairs);
}

Point moved(Point point, Point by) { return {point.x + by.x, point.y + by.y}; }
Rectangle moved(const Rectangle& rectangle, Point by) {
  return {rectangle.x + by.x, rectangle.y + by.y, rectangle.width, rectangle.height};
}
Curve moved(const Curve& curve, Point by) {
  return {moved(curve.from, by), moved(curve.control_from, by), moved(curve.control_to, by),
          moved(curve.to, by)};
}

// All that is drawn, strokes with their widths.
Rectangle extent(const Layout& layout) {
  Rectangle extent = layout.nodes.front().at;
  for (const PlacedNode& node : layout.nodes) extent = around(extent, node.at);
  for (const PlacedBox& box : layout.boxes) extent = around(extent, box.at);
  for (const Wire& wire : layout.wires) {
    if (is_straight(wire.curve)) continue;  // between two nodes
    constexpr int kSamples = 16;
    for (int sample = 0; sample <= kSamples; ++sample) {
      const Point at = point_at(wire.curve, static_cast<double>(sample) / kSamples);
      extent = around(extent, grown({at.x, at.y, 0, 0}, wire.width_there + wire.width_back));
    }
  }
  return extent;
}

// The upper left corner of `extent` goes to the margin.
void move_to_page(Layout& layout, const Rectangle& extent) {
  const Point by = {std::round(kMargin - extent.x), std::round(kMargin - extent.y)};
  for (PlacedNode& node : layout.nodes) {
    node.at = moved(node.at, by);
    node.label_at = moved(node.label_at, by);
  }
  for (PlacedBox& box : layout.boxes) {
    box.at = moved(box.at, by);
    box.name_at = moved(box.name_at, by);
  }
  for (Wire& wire : layout.wires) {
    wire.curve = moved(wire.curve, by);
  }
  layout.width = std::ceil(extent.width + 2 * kMargin);
  layout.height = std::ceil(extent.height + 2 * kMargin);
}

}  // namespace

double shift_there(const Wire& wire) {
  return wire.pair.alike || !wire.pair.back ? 0 : (wire.width_there + kGapBetweenDirections) / 2;
}

double shift_back(const Wire& wire) {
  return wire.pair.alike || !wire.pair.there ? 0 : (wire.width_back + kGapBetweenDirections) / 2;
}

Layout layout_machine(const Topology& topology, const std::vector<LinkPair>& pairs) {
  Layout layout = choose(topology, pairs);
  move_to_page(layout, extent(layout));
  return layout;
}

}  // namespace pleach::view
