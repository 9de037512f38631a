#include "compiler/verify/max_flow.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/compiler/verify/random_schedule.hpp"

namespace pleach::verify {
namespace {

using Arc = FlowArc<std::int64_t>;

// What limits the flow to a set of nodes: what is fed in it and what enters it.
std::int64_t limit_of(const std::vector<Arc>& arcs,
                      const std::vector<std::int64_t>& feeds,
                      const std::vector<bool>& inside) {
  std::int64_t sum = 0;
  for (const Arc& arc : arcs) {
    if (!inside[static_cast<std::size_t>(arc.tail)] && inside[static_cast<std::size_t>(arc.head)]) {
      sum += arc.capacity;
    }
  }
  for (std::size_t i = 0; i < feeds.size(); ++i) sum += inside[i] ? feeds[i] : 0;
  return sum;
}

TEST_CASE("a flow that must undo its first path") {
  //    /-> 1 -\       The shortest paths first use 1 -> 2, if at all; both units must go round.
  //   0    |   3
  //    \-> 2 -/
  FlowNetwork<std::int64_t> network(4, {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {0, 2, 1}, {1, 3, 1}});
  network.feed(0, 9);
  CHECK(network.flow_to(3, 9) == 2);
  CHECK(network.flow_to(3, 9) == 2);  // starts anew
  CHECK(network.flow_to(3, 1) == 1);  // and ends early
  CHECK(network.flow_to(3, 0) == 0);
  CHECK(network.flow_to(1, 9) == 1);
  CHECK(network.sink_side() == std::vector<bool>{false, true, false, false});
  network.feed(0, 0);
  network.feed(1, 5);
  CHECK(network.flow_to(0, 9) == 0);
  CHECK(network.sink_side() == std::vector<bool>{true, false, false, false});
  CHECK(network.flow_to(1, 9) == 5);  // what is fed at the sink is there
  network.feed(2, 1);
  CHECK(network.flow_to(3, 9) == 2);
}

TEST_CASE("capacities and feeds beyond 64 bits") {
  const Integer huge = Integer(std::numeric_limits<std::int64_t>::max()) * 1000;
  FlowNetwork<Integer> network(3, {{0, 1, huge}, {0, 1, huge}, {1, 2, huge * 2 - 1}});
  network.feed(0, huge * 5);
  CHECK(network.flow_to(2, huge * 4) == huge * 2 - 1);
  CHECK(network.flow_to(1, huge * 4) == huge * 2);
}

TEST_CASE("capacities at the end of 64 bits") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  FlowNetwork<std::int64_t> network(2, {{0, 1, kMost}, {1, 0, kMost}});
  network.feed(0, kMost);
  network.feed(1, kMost);
  CHECK(network.flow_to(1, kMost) == kMost);
  CHECK(network.flow_to(0, kMost) == kMost);
  network.feed(1, 1);
  CHECK(network.flow_to(1, kMost) == kMost);
}

TEST_CASE("a path of very many nodes") {
  constexpr int kNodes = 200'000;
  std::vector<Arc> arcs;
  for (int i = 0; i + 1 < kNodes; ++i) arcs.push_back({i, i + 1, 3});
  FlowNetwork<std::int64_t> network(kNodes, arcs);
  network.feed(0, 4);
  CHECK(network.flow_to(kNodes - 1, 9) == 3);
}

TEST_CASE("wrong use is refused") {
  using Network = FlowNetwork<std::int64_t>;
  CHECK_THROWS_AS(Network(2, {{0, 0, 1}}), InternalError);
  CHECK_THROWS_AS(Network(2, {{0, 1, -1}}), InternalError);
  Network network(2, {});
  CHECK_THROWS_AS(network.feed(0, -1), InternalError);
  CHECK_THROWS_AS(network.flow_to(0, -1), InternalError);
}

// The network stays the same over many sinks and changing feeds: nothing of an earlier flow may be
// left.
TEST_CASE("equals the least limit on random networks, and its own cut attains it") {
  int positive = 0;
  int limited = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const int nodes = 2 + pick(random, 6);
    std::vector<Arc> arcs;
    std::vector<FlowArc<Integer>> big_arcs;
    for (int i = pick(random, 4 * nodes); i > 0; --i) {
      const int tail = pick(random, nodes);
      const int head = (tail + 1 + pick(random, nodes - 1)) % nodes;
      arcs.push_back({tail, head, pick(random, 6)});
      big_arcs.push_back({tail, head, arcs.back().capacity});
    }
    FlowNetwork<std::int64_t> network(nodes, arcs);
    FlowNetwork<Integer> big_network(nodes, big_arcs);
    std::vector<std::int64_t> feeds(static_cast<std::size_t>(nodes));
    for (int round = 0; round < 6; ++round) {
      const int fed = pick(random, nodes);
      feeds[static_cast<std::size_t>(fed)] = pick(random, 8);
      network.feed(fed, feeds[static_cast<std::size_t>(fed)]);
      big_network.feed(fed, feeds[static_cast<std::size_t>(fed)]);
      const int sink = pick(random, nodes);
      const std::int64_t wanted = pick(random, 12);
      std::int64_t least = wanted;
      for (unsigned bits = 0; bits < 1U << nodes; ++bits) {
        std::vector<bool> inside;
        for (int i = 0; i < nodes; ++i) inside.push_back(((bits >> i) & 1U) != 0);
        if (!inside[static_cast<std::size_t>(sink)]) continue;
        least = std::min(least, limit_of(arcs, feeds, inside));
      }
      CAPTURE(seed);
      CAPTURE(round);
      REQUIRE(network.flow_to(sink, wanted) == least);
      REQUIRE(big_network.flow_to(sink, wanted) == Integer(least));
      positive += least > 0 ? 1 : 0;
      if (least == wanted) continue;
      ++limited;
      const std::vector<bool> side = network.sink_side();
      REQUIRE(side[static_cast<std::size_t>(sink)]);
      REQUIRE(limit_of(arcs, feeds, side) == least);
      REQUIRE(big_network.sink_side() == side);
    }
  }
  CHECK(positive > 1000);
  CHECK(limited > 1000);
}

}  // namespace
}  // namespace pleach::verify
