#include "compiler/explain/group_cuts.hpp"

#include <array>
#include <optional>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "compiler/passes/tightest_cut.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;

NodeSet set_of(unsigned bits, int num_nodes) {
  NodeSet set(num_nodes);
  for (int i = 0; i < num_nodes; ++i) set[i] = (bits >> i & 1U) != 0;
  return set;
}

bool holds(const NodeSet& outer, const NodeSet& inner) {
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] && !outer[i]) return false;
  }
  return true;
}

NodeSet flipped(NodeSet set) {
  set.flip();
  return set;
}

// Every receiving side of least capacity, by enumeration.
struct LeastCuts {
  Integer capacity;
  std::vector<NodeSet> sides;
};

LeastCuts enumerate(const DemandGraph& graph, const NodeSet& receives) {
  LeastCuts least;
  for (unsigned bits = 0; bits < 1U << graph.network.num_nodes; ++bits) {
    const NodeSet side = set_of(bits, graph.network.num_nodes);
    bool splits_so = true;
    for (const int node : graph.compute) splits_so = splits_so && side[node] == receives[node];
    if (!splits_so) continue;
    const Integer capacity = capacity_leaving(graph, flipped(side));
    if (least.sides.empty() || capacity < least.capacity) least = {capacity, {}};
    if (capacity == least.capacity) least.sides.push_back(side);
  }
  return least;
}

TEST_CASE("a chain of equal links: all of its cuts are found") {
  //   r0 --2--> a --2--> b --2--> r1 and 5 back
  DemandGraph graph;
  graph.network = {4, {{0, 2, 2}, {2, 3, 2}, {3, 1, 2}, {1, 0, 5}}};
  graph.weight = {1, 1, 0, 0};
  graph.total_weight = 2;
  graph.compute = graph.sinks = {0, 1};
  GroupCuts cuts(graph);
  const GroupCut cut = cuts.least_cut({false, true, false, false});
  CHECK(cut.capacity == Integer(2));
  CHECK(cut.least_receiving_side == NodeSet{false, true, false, false});
  CHECK(cut.most_receiving_side == NodeSet{false, true, true, true});
  CHECK(cut.arcs == std::vector<int>{0, 1, 2});
  CHECK(cuts.least_cut({true, false, false, false}).arcs == std::vector<int>{3});
}

TEST_CASE("random machines: capacity, extreme cuts and arcs against enumeration") {
  std::mt19937_64 random(31);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + round % 4, .switches = round % 5, .rate_bits = 1 + round % 3});
    const DemandGraph graph = demand_graph(topology, Collective::AllGather, 0);
    GroupCuts cuts(graph);
    for (unsigned ranks = 1; ranks + 1 < 1U << graph.compute.size(); ++ranks) {
      NodeSet receives(graph.network.num_nodes);
      for (std::size_t i = 0; i < graph.compute.size(); ++i) {
        receives[graph.compute[i]] = (ranks >> i & 1U) != 0;
      }
      const LeastCuts expected = enumerate(graph, receives);
      const GroupCut cut = cuts.least_cut(receives);
      REQUIRE(cut.capacity == expected.capacity);
      CHECK(cuts.least_capacity(receives) == expected.capacity);
      std::set<int> arcs;
      bool least_found = false;
      bool most_found = false;
      for (const NodeSet& side : expected.sides) {
        CHECK(holds(side, cut.least_receiving_side));
        CHECK(holds(cut.most_receiving_side, side));
        least_found = least_found || side == cut.least_receiving_side;
        most_found = most_found || side == cut.most_receiving_side;
        for (std::size_t i = 0; i < graph.network.arcs.size(); ++i) {
          const FlowArc& arc = graph.network.arcs[i];
          if (!side[arc.tail] && side[arc.head]) arcs.insert(static_cast<int>(i));
        }
      }
      CHECK(least_found);
      CHECK(most_found);
      CHECK(std::set<int>(cut.arcs.begin(), cut.arcs.end()) == arcs);
    }
  }
}

TEST_CASE("random machines: smallest tight sets against enumeration, each collective") {
  std::mt19937_64 random(32);
  int several = 0;
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + round % 5, .switches = round % 4, .rate_bits = 1 + round % 2});
    const Collective collective =
        std::array{Collective::AllGather, Collective::ReduceScatter, Collective::Broadcast,
                   Collective::Reduce}[static_cast<std::size_t>(round) % 4];
    const DemandGraph graph = demand_graph(topology, collective, round % 2);
    const Rational time = tightest_cut(graph).time;
    const auto sets = smallest_tight_sets(graph, time);
    REQUIRE(sets.size() == graph.sinks.size());
    int found = 0;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      std::optional<NodeSet> smallest;  // the intersection of all tight sets around the sink
      for (unsigned bits = 0; bits < 1U << graph.network.num_nodes; ++bits) {
        const NodeSet set = set_of(bits, graph.network.num_nodes);
        if (!set[graph.sinks[i]]) continue;
        const Integer weight = weight_of(graph, flipped(set));
        const Integer capacity = capacity_leaving(graph, flipped(set));
        if (weight.sign() == 0 || Rational(weight) != time * Rational(capacity)) continue;
        if (!smallest) smallest = set;
        for (std::size_t node = 0; node < set.size(); ++node) {
          (*smallest)[node] = (*smallest)[node] && set[node];
        }
      }
      CHECK(sets[i] == smallest.value_or(NodeSet{}));
      found += smallest ? 1 : 0;
    }
    CHECK(found > 0);
    several += found > 1 ? 1 : 0;
  }
  CHECK(several > 50);  // the rates are few, so that ties occur
}

}  // namespace
}  // namespace pleach
