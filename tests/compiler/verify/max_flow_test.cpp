#include "compiler/verify/max_flow.hpp"

#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/compiler/verify/random_schedule.hpp"

namespace pleach::verify {
namespace {

struct Arc {
  int tail;
  int head;
  Integer capacity;
};

Integer leaving(const std::vector<Arc>& arcs, const std::vector<bool>& side) {
  Integer sum = 0;
  for (const Arc& arc : arcs) {
    if (side[static_cast<std::size_t>(arc.tail)] && !side[static_cast<std::size_t>(arc.head)]) {
      sum += arc.capacity;
    }
  }
  return sum;
}

TEST_CASE("a flow that must undo its first path") {
  //    /-> 1 -\       The shortest paths first use 1 -> 2, if at all; both units must go round.
  //   0    |   3
  //    \-> 2 -/
  FlowNetwork network(4);
  network.add_arc(0, 1, 1);
  network.add_arc(1, 2, 1);
  network.add_arc(2, 3, 1);
  network.add_arc(0, 2, 1);
  network.add_arc(1, 3, 1);
  CHECK(network.max_flow(0, 3) == Integer(2));
  CHECK(network.max_flow(0, 3) == Integer(2));  // starts anew
  CHECK(network.max_flow(1, 2) == Integer(1));
  CHECK(network.max_flow(3, 0) == Integer(0));
  CHECK(network.source_side() == std::vector<bool>{false, false, false, true});
}

TEST_CASE("capacities beyond 64 bits") {
  const Integer huge = Integer(std::numeric_limits<std::int64_t>::max()) * 1000;
  FlowNetwork network(3);
  network.add_arc(0, 1, huge);
  network.add_arc(0, 1, huge);
  network.add_arc(1, 2, huge * 2 - 1);
  CHECK(network.max_flow(0, 2) == huge * 2 - 1);
}

TEST_CASE("a path of very many nodes") {
  constexpr int kNodes = 200'000;
  FlowNetwork network(kNodes);
  for (int i = 0; i + 1 < kNodes; ++i) network.add_arc(i, i + 1, 3);
  CHECK(network.max_flow(0, kNodes - 1) == Integer(3));
}

TEST_CASE("wrong use is refused") {
  FlowNetwork network(2);
  CHECK_THROWS_AS(network.add_arc(0, 0, 1), InternalError);
  CHECK_THROWS_AS(network.add_arc(0, 1, -1), InternalError);
  CHECK_THROWS_AS(network.max_flow(1, 1), InternalError);
}

TEST_CASE("equals the least cut on random networks, and its own cut attains it") {
  int positive = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const int nodes = 2 + pick(random, 7);
    std::vector<Arc> arcs;
    FlowNetwork network(nodes);
    for (int i = pick(random, 4 * nodes); i > 0; --i) {
      const int tail = pick(random, nodes);
      const int head = (tail + 1 + pick(random, nodes - 1)) % nodes;
      arcs.push_back({tail, head, pick(random, 6)});
      network.add_arc(tail, head, arcs.back().capacity);
    }
    const int sink = 1 + pick(random, nodes - 1);
    Integer least = std::numeric_limits<std::int64_t>::max();
    for (unsigned bits = 0; bits < 1U << nodes; ++bits) {
      std::vector<bool> side;
      for (int i = 0; i < nodes; ++i) side.push_back(((bits >> i) & 1U) != 0);
      if (side[0] && !side[static_cast<std::size_t>(sink)]) {
        least = std::min(least, leaving(arcs, side));
      }
    }
    CAPTURE(seed);
    REQUIRE(network.max_flow(0, sink) == least);
    const auto side = network.source_side();
    REQUIRE(side[0]);
    REQUIRE_FALSE(side[static_cast<std::size_t>(sink)]);
    REQUIRE(leaving(arcs, side) == least);
    positive += least.sign();
  }
  CHECK(positive > 300);
}

}  // namespace
}  // namespace pleach::verify
