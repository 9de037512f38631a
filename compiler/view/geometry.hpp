// Points, rectangles and curves on a page: x to the right, y down, in SVG units (1/96 inch).
//
// Doubles are fine here: they place strokes and decide no number.
#pragma once

#include <string_view>

namespace pleach::view {

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

struct Rectangle {
  double x = 0;  // left
  double y = 0;  // top
  double width = 0;
  double height = 0;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
  [[nodiscard]] Point centre() const { return {x + width / 2, y + height / 2}; }
  bool operator==(const Rectangle&) const = default;
};

// A cubic Bezier curve; a straight line has its controls on the line.
struct Curve {
  Point from;
  Point control_from;
  Point control_to;
  Point to;
  bool operator==(const Curve&) const = default;
};

[[nodiscard]] Curve line(Point from, Point to);
[[nodiscard]] bool is_straight(const Curve& curve);
[[nodiscard]] Curve reversed(const Curve& curve);
// The same curve `distance` to the right of one who walks along it (Tiller and Hanson's offset of
// the control polygon: exact for lines, close for the gentle curves drawn here).
[[nodiscard]] Curve beside(const Curve& curve, double distance);
// `fraction` 0 is the start, 1 the end.
[[nodiscard]] Point point_at(const Curve& curve, double fraction);
// Of length 1, along the curve at its end.
[[nodiscard]] Point end_direction(const Curve& curve);
// The curve up to about `length` before its end.
[[nodiscard]] Curve shortened(const Curve& curve, double length);

// Whether the two share more than an edge.
[[nodiscard]] bool overlap(const Rectangle& a, const Rectangle& b);
[[nodiscard]] bool contains(const Rectangle& outer, const Rectangle& inner);
[[nodiscard]] Rectangle grown(const Rectangle& rectangle, double margin);
// The smallest rectangle around both.
[[nodiscard]] Rectangle around(const Rectangle& a, const Rectangle& b);
// Where the way from the centre of `rectangle`, whose corners are round, towards `target` leaves
// it; a little inside, so that a stroke that ends there leaves no gap.
[[nodiscard]] Point edge_towards(const Rectangle& rectangle, double corner_radius, Point target);

// Room that a text takes in the usual sans-serif fonts, near enough to place what stands beside it.
[[nodiscard]] double text_width(std::string_view text, double font_size);

}  // namespace pleach::view
