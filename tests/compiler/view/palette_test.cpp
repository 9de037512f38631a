#include "compiler/view/palette.hpp"

#include <set>

#include <doctest/doctest.h>

namespace pleach::view {
namespace {

TEST_CASE("idle, busy and full links have colours of their own") {
  CHECK(load_colour(0) == kIdleLink);
  CHECK(load_colour(1) == kFullLink);
  std::set<std::string> blues;
  for (int percent = 0; percent < 100; percent += 10) {
    const Rational used = Rational(Integer(percent * 10 + 1), Integer(1000));
    blues.insert(load_colour(used));
  }
  CHECK(blues.size() == 10);
  CHECK_FALSE(blues.contains(kIdleLink));
  CHECK_FALSE(blues.contains(kFullLink));
  // Nearly full is not full.
  CHECK(load_colour(Rational(Integer(999999), Integer(1000000))) != kFullLink);
}

TEST_CASE("the ends of the scales") {
  CHECK(blue_at(0) == "#b7d3ee");
  CHECK(blue_at(1) == "#082f6b");
  CHECK(depth_colour(1, 1) == depth_colour(1, 9));
  CHECK(depth_colour(9, 9) == "#c97bd0");
}

}  // namespace
}  // namespace pleach::view
