#include "compiler/view/geometry.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace pleach::view {
namespace {

TEST_CASE("a line is straight, bends are not") {
  const Curve straight = line({1, 2}, {4, 8});
  CHECK(is_straight(straight));
  CHECK(point_at(straight, 0) == Point{1, 2});
  CHECK(point_at(straight, 1) == Point{4, 8});
  CHECK_FALSE(is_straight(Curve{{0, 0}, {0, 5}, {9, 5}, {9, 0}}));
  CHECK(reversed(straight).from == straight.to);
  CHECK(reversed(reversed(straight)) == straight);
}

TEST_CASE("beside a line: to the right of one who walks along it") {
  // y grows down: walking to the right, right is down.
  const Curve moved = beside(line({0, 0}, {10, 0}), 3);
  CHECK(moved.from == Point{0, 3});
  CHECK(moved.to == Point{10, 3});
  CHECK(is_straight(moved));
  const Curve back = beside(line({10, 0}, {0, 0}), 3);
  CHECK(back.from == Point{10, -3});
}

TEST_CASE("beside an arc: inside one way, outside the other way") {
  const Curve arc = {{0, 0}, {0, 20}, {40, 20}, {40, 0}};  // down, across, up
  const Curve outside = beside(arc, 2);
  CHECK(outside.from == Point{-2, 0});
  CHECK(outside.to == Point{42, 0});
  CHECK(point_at(outside, 0.5).y > point_at(arc, 0.5).y);
  const Curve inside = beside(reversed(arc), 2);
  CHECK(inside.from == Point{38, 0});
  CHECK(inside.to == Point{2, 0});
  CHECK(point_at(inside, 0.5).y < point_at(arc, 0.5).y);
}

TEST_CASE("a shortened curve ends before its end, on its way") {
  const Curve shorter = shortened(line({0, 0}, {10, 0}), 4);
  CHECK(shorter.to == Point{6, 0});
  CHECK(is_straight(shorter));
  CHECK(shortened(line({0, 0}, {4, 0}), 10).to == Point{2, 0});  // never turns round
  CHECK(end_direction(line({0, 0}, {0, 7})) == Point{0, 1});
}

TEST_CASE("rectangles") {
  const Rectangle a = {0, 0, 10, 4};
  CHECK(overlap(a, {9, 3, 5, 5}));
  CHECK_FALSE(overlap(a, {10, 0, 5, 5}));  // a shared edge is none
  CHECK(contains(a, {1, 1, 9, 3}));
  CHECK_FALSE(contains(a, {1, 1, 10, 3}));
  CHECK(around(a, {20, -2, 1, 1}) == Rectangle{0, -2, 21, 6});
  CHECK(grown(a, 1) == Rectangle{-1, -1, 12, 6});
}

TEST_CASE("the way out of a rectangle ends just inside its rim") {
  const Rectangle node = {-20, -10, 40, 20};
  CHECK(edge_towards(node, 6, {100, 0}) == Point{18.5, 0});
  CHECK(edge_towards(node, 6, {0, -50}) == Point{0, -8.5});
  // Towards the corner, the round corner counts: nearer to the centre than 20, 10.
  const Point corner = edge_towards(node, 6, {200, 100});
  CHECK(contains(node, {corner.x, corner.y, 0, 0}));
  CHECK(std::hypot(corner.x - 14, corner.y - 4) <= 5);
}

TEST_CASE("texts need more room the more and the wider their letters are") {
  CHECK(text_width("", 10) == 0);
  CHECK(text_width("ill", 10) < text_width("gpu", 10));
  CHECK(text_width("gpu0", 20) == doctest::Approx(2 * text_width("gpu0", 10)));
  CHECK(text_width("\xc3\xa9", 10) == text_width("e", 10));  // one letter in two bytes
  CHECK(text_width("\xe9\x95\xbf", 10) == 10);               // a square one in three
}

}  // namespace
}  // namespace pleach::view
