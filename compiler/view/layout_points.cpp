#include "compiler/view/layout_points.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compiler/view/labels.hpp"

namespace pleach::view {
namespace {

constexpr double kGpuHeight = 32;
constexpr std::size_t kMostToAvoid = 1000;  // beyond, a look at every node for every wire is long

double gpu_width(const Topology& topology, const std::vector<std::string>& labels) {
  return std::max(36.0, std::ceil(widest_gpu_label(topology, labels)) + 12);
}

double thickest_stroke(std::size_t pairs) {
  if (pairs <= 60) return 6;
  if (pairs <= 160) return 4;
  if (pairs <= 320) return 2;
  return pairs <= 1200 ? 1 : 0.5;
}

// Nodes at these centres; no wires yet.
Layout nodes_at(const Topology& topology, const std::vector<Point>& centres) {
  Layout layout;
  const std::vector<std::string> labels = short_labels(topology);
  const double width = gpu_width(topology, labels);
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const Point at = centres[i];
    layout.nodes.push_back({.at = {at.x - width / 2, at.y - kGpuHeight / 2, width, kGpuHeight},
                            .label = labels[i],
                            .label_at = at});
  }
  return layout;
}

Curve between(const Layout& layout, const LinkPair& pair) {
  const Rectangle& a = layout.nodes[index(pair.a)].at;
  const Rectangle& b = layout.nodes[index(pair.b)].at;
  return line(edge_towards(a, kCornerRadius, b.centre()),
              edge_towards(b, kCornerRadius, a.centre()));
}

Wire wire_for(const Topology& topology,
              const LinkPair& pair,
              const StrokeWidths& widths,
              const Curve& curve) {
  Wire wire{.pair = pair, .curve = curve};
  if (pair.there) wire.width_there = widths.of(topology.links[index(*pair.there)].bandwidth);
  if (pair.back) wire.width_back = widths.of(topology.links[index(*pair.back)].bandwidth);
  return wire;
}

// Bent sideways so that the middle lies `bulge` away from the straight way, to the left.
Curve bent(const Rectangle& a, const Rectangle& b, double bulge) {
  const Point from = a.centre();
  const Point to = b.centre();
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double length = std::sqrt(dx * dx + dy * dy);
  const Point side = {dy / length, -dx / length};
  const auto control = [&](double along) {
    return Point{from.x + along * dx + side.x * bulge * 4 / 3,
                 from.y + along * dy + side.y * bulge * 4 / 3};
  };
  const Point control_from = control(0.15);
  const Point control_to = control(0.85);
  return {edge_towards(a, kCornerRadius, control_from), control_from, control_to,
          edge_towards(b, kCornerRadius, control_to)};
}

bool is_clear(const Layout& layout, const LinkPair& pair, const Curve& curve, double margin) {
  constexpr int kSamples = 48;
  Rectangle frame = around({curve.from.x, curve.from.y, 0, 0}, {curve.to.x, curve.to.y, 0, 0});
  frame = around(frame, {curve.control_from.x, curve.control_from.y, 0, 0});
  frame = around(frame, {curve.control_to.x, curve.control_to.y, 0, 0});
  for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
    const Rectangle node = grown(layout.nodes[i].at, margin);
    if (i == index(pair.a) || i == index(pair.b) || !overlap(node, grown(frame, 0.5))) continue;
    for (int sample = 0; sample <= kSamples; ++sample) {
      const Point at = point_at(curve, static_cast<double>(sample) / kSamples);
      if (overlap(node, {at.x - 0.25, at.y - 0.25, 0.5, 0.5})) return false;
    }
  }
  return true;
}

// To the upper left, so that equal wires bend to the same side.
double upper_left(const Rectangle& a, const Rectangle& b) {
  return b.centre().x > a.centre().x || b.centre().y < a.centre().y ? 1 : -1;
}

// Towards the point 0, 0.
double inwards(const Rectangle& a, const Rectangle& b) {
  const Point from = a.centre();
  const Point to = b.centre();
  return from.x * to.y - from.y * to.x < 0 ? 1 : -1;
}

// Straight where that crosses no other node, else bent as little as need be, rather to the side
// that `side_of` names (1 is left).
template <class SideOf>
Curve around_nodes(const Layout& layout, const LinkPair& pair, SideOf side_of) {
  const Rectangle& a = layout.nodes[index(pair.a)].at;
  const Rectangle& b = layout.nodes[index(pair.b)].at;
  const Curve straight = between(layout, pair);
  if (is_clear(layout, pair, straight, 4)) return straight;
  const double side = side_of(a, b);
  for (int step = 1; step <= 12; ++step) {
    for (const double sign : {side, -side}) {
      const Curve curve = bent(a, b, sign * (18.0 + 7 * step));
      if (is_clear(layout, pair, curve, 4)) return curve;
    }
  }
  return straight;
}

std::vector<Point> circle_points(std::size_t nodes, double spacing) {
  // Wide enough for a chord to pass by one node, as far as the page allows.
  const double passing =
      std::min(200.0, 26 / (1 - std::cos(2 * std::numbers::pi / static_cast<double>(nodes))));
  const double touching = static_cast<double>(nodes) * spacing / std::numbers::pi / 2;
  // Even, so that no coordinate lies half-way between two tenths.
  const double radius = 2 * std::ceil(std::max({nodes < 4 ? 70.0 : 110.0, passing, touching}) / 2);
  std::vector<Point> points;
  for (std::size_t i = 0; i < nodes; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(nodes);
    points.push_back({radius * std::sin(angle), -radius * std::cos(angle)});
  }
  return points;
}

// The step along each axis: x, y, depth, then whole pictures side by side and below each other.
std::vector<Point> axis_steps(const std::vector<int>& sizes, double node_width) {
  const std::size_t axes = sizes.size();
  const double depth = axes > 2 ? sizes[2] : 1;
  const Point into_depth = {node_width + 32, kGpuHeight + 32};  // a bent wire fits in between
  const Point pitch = {axes > 2 ? depth * into_depth.x + 30 : node_width + 54,
                       axes > 2 ? depth * into_depth.y + 30 : kGpuHeight + 54};
  std::vector<Point> steps = {{pitch.x, 0}, {0, pitch.y}, into_depth};
  double width = sizes[0] * pitch.x;
  double height = (axes > 1 ? sizes[1] : 1) * pitch.y;
  for (std::size_t axis = 3; axis < axes; ++axis) {
    if (axis % 2 == 1) {
      steps.push_back({width + 30, 0});
      width = sizes[axis] * (width + 30);
    } else {
      steps.push_back({0, height + 30});
      height = sizes[axis] * (height + 30);
    }
  }
  return steps;
}

}  // namespace

Layout layout_circle(const Topology& topology, const std::vector<LinkPair>& pairs) {
  const double spacing = gpu_width(topology, short_labels(topology)) + 12;
  const StrokeWidths widths{.largest = largest_capacity(topology),
                            .thickest = thickest_stroke(pairs.size())};
  Layout layout = nodes_at(topology, circle_points(topology.num_nodes(), spacing));
  layout.thickest = widths.thickest;
  for (const LinkPair& pair : pairs) {
    const Curve curve = topology.num_nodes() <= kMostToAvoid ? around_nodes(layout, pair, inwards)
                                                             : between(layout, pair);
    layout.wires.push_back(wire_for(topology, pair, widths, curve));
  }
  return layout;
}

Layout layout_lattice(const Topology& topology,
                      const std::vector<LinkPair>& pairs,
                      const Lattice& lattice) {
  // The shortest of three axes goes into the depth.
  std::vector<std::size_t> order(lattice.sizes.size());
  for (std::size_t axis = 0; axis < order.size(); ++axis) order[axis] = axis;
  if (order.size() == 3) {
    const auto shortest = std::ranges::min_element(
        order, {}, [&](std::size_t axis) { return std::pair(lattice.sizes[axis], 3 - axis); });
    std::rotate(shortest, shortest + 1, order.end());
  }
  std::vector<int> sizes;
  sizes.reserve(order.size());
  for (const std::size_t axis : order) sizes.push_back(lattice.sizes[axis]);
  const std::vector<Point> steps = axis_steps(sizes, gpu_width(topology, short_labels(topology)));

  std::vector<Point> centres;
  for (const auto& place : lattice.coordinates) {
    Point& at = centres.emplace_back();
    for (std::size_t axis = 0; axis < order.size(); ++axis) {
      at.x += place[order[axis]] * steps[axis].x;
      at.y += place[order[axis]] * steps[axis].y;
    }
  }
  Layout layout = nodes_at(topology, centres);
  const StrokeWidths widths{.largest = largest_capacity(topology),
                            .thickest = std::clamp(thickest_stroke(pairs.size()), 3.0, 5.0)};
  layout.thickest = widths.thickest;

  for (const LinkPair& pair : pairs) {
    const Curve curve = topology.num_nodes() <= kMostToAvoid
                            ? around_nodes(layout, pair, upper_left)
                            : between(layout, pair);
    layout.wires.push_back(wire_for(topology, pair, widths, curve));
  }
  return layout;
}

}  // namespace pleach::view
