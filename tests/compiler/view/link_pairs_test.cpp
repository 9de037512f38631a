#include "compiler/view/link_pairs.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

TEST_CASE("two directions make one pair, alike when capacity and load are") {
  Topology topology = machine_of({"a", "b", "c", "d"}, 4, {{1, 0, 5}, {1, 2, 5}, {3, 2, 5, false}});
  topology.links[2].bandwidth = {Rational(6)};  // b to c
  const auto pairs = link_pairs(topology, {});
  REQUIRE(pairs.size() == 3);
  CHECK(pairs[0].a == NodeId{0});
  CHECK(pairs[0].b == NodeId{1});
  CHECK(pairs[0].there == LinkId{1});
  CHECK(pairs[0].back == LinkId{0});
  CHECK(pairs[0].alike);
  CHECK_FALSE(pairs[1].alike);
  CHECK_FALSE(pairs[2].there.has_value());
  CHECK(pairs[2].back == LinkId{4});
  CHECK_FALSE(pairs[2].alike);

  const auto loaded = link_pairs(topology, {Rational(1), Rational(0), 1, 1, 1});
  CHECK_FALSE(loaded[0].alike);
}

TEST_CASE("widths grow with the square root of the capacity, down to a hairline") {
  const StrokeWidths widths{.largest = 900, .thickest = 6};
  CHECK(widths.of({Rational(900)}) == 6);
  CHECK(widths.of({Rational(225)}) == 3);
  CHECK(widths.of({Rational(1)}) == 1);
  CHECK(largest_capacity(machine("dgx-a100-x2")) == Rational(300));
}

}  // namespace
}  // namespace pleach::view
