#include "compiler/view/geometry.hpp"

#include <algorithm>
#include <cmath>

namespace pleach::view {
namespace {

Point minus(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point plus(Point a, Point b, double factor = 1) { return {a.x + factor * b.x, a.y + factor * b.y}; }
double length_of(Point a) { return std::sqrt(a.x * a.x + a.y * a.y); }

Point unit(Point a) {
  const double length = length_of(a);
  return length == 0 ? Point{1, 0} : Point{a.x / length, a.y / length};
}

// To the right of the direction, on a page whose y grows down.
Point right_of(Point direction) { return {-direction.y, direction.x}; }

// How far a corner between two directions moves when both its sides move right by 1.
Point corner_shift(Point before, Point after) {
  const Point a = right_of(before);
  const Point b = right_of(after);
  const double shared = 1 + a.x * b.x + a.y * b.y;
  if (shared < 0.25) return a;  // a hairpin: a mitre would shoot far out
  return {(a.x + b.x) / shared, (a.y + b.y) / shared};
}

}  // namespace

Curve line(Point from, Point to) {
  const Point way = minus(to, from);
  return {from, plus(from, way, 1.0 / 3), plus(from, way, 2.0 / 3), to};
}

bool is_straight(const Curve& curve) {
  constexpr double kTolerance = 0.001;  // what turning and moving a line does to its last digits
  const Curve straight = line(curve.from, curve.to);
  return length_of(minus(curve.control_from, straight.control_from)) < kTolerance &&
         length_of(minus(curve.control_to, straight.control_to)) < kTolerance;
}

Curve reversed(const Curve& curve) {
  return {curve.to, curve.control_to, curve.control_from, curve.from};
}

Curve beside(const Curve& curve, double distance) {
  if (is_straight(curve)) {
    const Point shift = right_of(unit(minus(curve.to, curve.from)));
    return line(plus(curve.from, shift, distance), plus(curve.to, shift, distance));
  }
  const Point start = unit(minus(curve.control_from, curve.from));
  const Point middle = unit(minus(curve.control_to, curve.control_from));
  const Point end = unit(minus(curve.to, curve.control_to));
  return {plus(curve.from, right_of(start), distance),
          plus(curve.control_from, corner_shift(start, middle), distance),
          plus(curve.control_to, corner_shift(middle, end), distance),
          plus(curve.to, right_of(end), distance)};
}

Point point_at(const Curve& curve, double fraction) {
  const double t = fraction;
  const double s = 1 - t;
  Point point;
  point = plus(point, curve.from, s * s * s);
  point = plus(point, curve.control_from, 3 * s * s * t);
  point = plus(point, curve.control_to, 3 * s * t * t);
  return plus(point, curve.to, t * t * t);
}

Point end_direction(const Curve& curve) {
  return unit(minus(curve.to, curve.control_to == curve.to ? curve.from : curve.control_to));
}

Curve shortened(const Curve& curve, double length) {
  if (is_straight(curve)) {
    const double whole = length_of(minus(curve.to, curve.from));
    const double cut = std::min(length, whole / 2);
    return line(curve.from, plus(curve.to, end_direction(curve), -cut));
  }
  Curve shorter = curve;
  shorter.to = plus(curve.to, end_direction(curve), -length);
  return shorter;
}

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool contains(const Rectangle& outer, const Rectangle& inner) {
  return outer.x <= inner.x && outer.y <= inner.y && inner.right() <= outer.right() &&
         inner.bottom() <= outer.bottom();
}

Rectangle grown(const Rectangle& rectangle, double margin) {
  return {rectangle.x - margin, rectangle.y - margin, rectangle.width + 2 * margin,
          rectangle.height + 2 * margin};
}

Rectangle around(const Rectangle& a, const Rectangle& b) {
  const double x = std::min(a.x, b.x);
  const double y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

Point edge_towards(const Rectangle& rectangle, double corner_radius, Point target) {
  const Point centre = rectangle.centre();
  const Point way = minus(target, centre);
  double scale = 1;
  if (way.x != 0) scale = std::min(scale, rectangle.width / 2 / std::abs(way.x));
  if (way.y != 0) scale = std::min(scale, rectangle.height / 2 / std::abs(way.y));
  const Point inwards = minus({0, 0}, unit(way));
  Point at = plus(plus(centre, way, scale), inwards, 1.5);
  // Past a corner: on towards the centre until the circle of the corner holds the point.
  const Point corner = {rectangle.width / 2 - corner_radius, rectangle.height / 2 - corner_radius};
  const auto outside = [&](Point point) {
    const Point beyond = {std::abs(point.x - centre.x) - corner.x,
                          std::abs(point.y - centre.y) - corner.y};
    return beyond.x > 0 && beyond.y > 0 && length_of(beyond) > corner_radius - 1;
  };
  while (outside(at)) at = plus(at, inwards, 0.5);
  return at;
}

double text_width(std::string_view text, double font_size) {
  double ems = 0;
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xc0U) == 0x80U) continue;  // inside a UTF-8 sequence
    if (std::string_view("ijlI.,:;|'!()[] tfr/-").find(byte) != std::string_view::npos) {
      ems += 0.33;
    } else if (std::string_view("mwMW%@").find(byte) != std::string_view::npos) {
      ems += 0.87;
    } else {
      const bool wide = static_cast<unsigned char>(byte) >= 0xe0U;  // three bytes or more: CJK, …
      ems += wide ? 1 : byte >= 'A' && byte <= 'Z' ? 0.72 : 0.57;
    }
  }
  return ems * font_size;
}

}  // namespace pleach::view
