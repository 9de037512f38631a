#include "compiler/graph/supply_flow.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/graph/max_flow.hpp"
#include "compiler/graph/supply_flow_solver.hpp"

namespace pleach {
namespace {

// A network with supplies, kept beside the kernels to ask Boost the same.
struct Case {
  int num_nodes = 0;
  std::vector<FlowArc> arcs;
  std::vector<Integer> supply;
  std::vector<bool> unlimited;

  // The flow and the cut, with a super source; no more than `enough`.
  [[nodiscard]] Integer expected(int sink, const Integer& enough) const {
    FlowNetwork network{num_nodes + 1, arcs};
    for (int node = 0; node < num_nodes; ++node) {
      network.arcs.push_back({num_nodes, node, unlimited[node] ? enough : supply[node]});
    }
    return std::min(enough, boost_max_flow(network, num_nodes, sink).value);
  }

  // What crosses from the others to the sink's side, supplies inside counted.
  template <class Flow>
  [[nodiscard]] Integer cut(const Flow& flow) const {
    Integer sum = 0;
    for (const FlowArc& arc : arcs) {
      if (!flow.on_sink_side(arc.tail) && flow.on_sink_side(arc.head)) sum += arc.capacity;
    }
    for (int node = 0; node < num_nodes; ++node) {
      if (flow.on_sink_side(node)) sum += supply[node];
    }
    return sum;
  }

  template <class Flow>
  void check(Flow& flow, int sink, const Integer& enough, const Integer& arrived) const {
    REQUIRE(arrived == expected(sink, enough));
    if (arrived == enough) return;
    CHECK(flow.on_sink_side(sink));
    for (int node = 0; node < num_nodes; ++node) {
      if (unlimited[node]) CHECK_FALSE(flow.on_sink_side(node));
    }
    CHECK(cut(flow) == arrived);
  }
};

std::vector<ArcEnds> ends_of(const std::vector<FlowArc>& arcs) {
  std::vector<ArcEnds> ends;
  for (const FlowArc& arc : arcs) ends.push_back({arc.tail, arc.head});
  return ends;
}

Integer random_amount(std::mt19937_64& random, int bits) {
  Integer amount(static_cast<std::int64_t>(random() >> (64 - std::min(bits, 58))));
  for (int extra = 58; extra < bits; extra += 30) amount *= std::int64_t{1} << 30;
  return random() % 4 == 0 ? Integer(0) : amount;
}

Case random_case(std::mt19937_64& random, int bits) {
  Case made;
  made.num_nodes = 2 + static_cast<int>(random() % 9);
  const int arcs = static_cast<int>(random() % 40);
  for (int i = 0; i < arcs; ++i) {
    const int tail = static_cast<int>(random() % made.num_nodes);
    const int head = static_cast<int>(random() % made.num_nodes);
    if (tail != head) made.arcs.push_back({tail, head, random_amount(random, bits)});
  }
  for (int node = 0; node < made.num_nodes; ++node) {
    made.supply.push_back(random_amount(random, bits));
    made.unlimited.push_back(random() % 6 == 0);
  }
  return made;
}

TEST_CASE("a hand-drawn network: what arrives, and the side of the sink that is too small") {
  //   supply 5     3        2
  //        0 ----> 1 ----> 2       node 1 has a supply of 1 of its own
  SupplyFlow<std::int64_t> flow(3, {{0, 1}, {1, 2}});
  flow.set_capacity(0, 3);
  flow.set_capacity(1, 2);
  flow.set_supply(0, 5);
  flow.set_supply(1, 1);
  CHECK(flow.into(2, 9) == 2);
  CHECK(flow.on_sink_side(2));
  CHECK_FALSE(flow.on_sink_side(1));
  CHECK(flow.into(1, 9) == 4);
  CHECK(flow.on_sink_side(1));
  CHECK_FALSE(flow.on_sink_side(0));
  CHECK(flow.into(2, 1) == 1);
  flow.set_unlimited(2, true);
  CHECK(flow.into(2, 100) == 100);
}

TEST_CASE("a chain of 100,000 nodes needs no deep recursion") {
  constexpr int kNodes = 100'000;
  std::vector<ArcEnds> arcs;
  for (int node = 0; node + 1 < kNodes; ++node) arcs.push_back({node, node + 1});
  SupplyFlow<std::int64_t> flow(kNodes, arcs);
  for (int arc = 0; arc + 1 < kNodes; ++arc) flow.set_capacity(arc, kNodes);
  for (int node = 0; node < kNodes; ++node) flow.set_supply(node, 1);
  CHECK(flow.into(kNodes - 1, 2 * kNodes) == kNodes);
}

TEST_CASE("flows from supplies equal Boost's, with a cut for each, one after the other") {
  std::mt19937_64 random(11);
  int short_of = 0;
  for (int round = 0; round < 1500; ++round) {
    CAPTURE(round);
    const Case made = random_case(random, std::vector{2, 8, 30}[round % 3]);
    SupplyFlow<std::int64_t> narrow(made.num_nodes, ends_of(made.arcs));
    SupplyFlow<Integer> wide(made.num_nodes, ends_of(made.arcs));
    for (std::size_t i = 0; i < made.arcs.size(); ++i) {
      narrow.set_capacity(static_cast<int>(i), made.arcs[i].capacity.int64());
      wide.set_capacity(static_cast<int>(i), made.arcs[i].capacity);
    }
    for (int node = 0; node < made.num_nodes; ++node) {
      narrow.set_supply(node, made.supply[node].int64());
      wide.set_supply(node, made.supply[node]);
      narrow.set_unlimited(node, made.unlimited[node]);
      wide.set_unlimited(node, made.unlimited[node]);
    }
    for (int sink = 0; sink < made.num_nodes; ++sink) {
      const std::int64_t enough = static_cast<std::int64_t>(random() >> (random() % 2 ? 34 : 56));
      const std::int64_t arrived = narrow.into(sink, enough);
      made.check(narrow, sink, enough, arrived);
      made.check(wide, sink, enough, wide.into(sink, enough));
      short_of += arrived < enough ? 1 : 0;
    }
  }
  CHECK(short_of > 2000);
}

TEST_CASE("switches that are saturated change neither a flow nor the side of a cut") {
  std::mt19937_64 random(13);
  int short_of = 0;
  for (int round = 0; round < 1500; ++round) {
    CAPTURE(round);
    const Case made = random_case(random, std::vector{2, 8, 100}[round % 3]);
    SupplyFlowSolver plain(FlowNetwork{made.num_nodes, made.arcs});
    SupplyFlowSolver saturating(FlowNetwork{made.num_nodes, made.arcs});
    std::vector<int> sinks;
    for (int node = 0; node < made.num_nodes; ++node) {
      if (random() % 2 == 0) {
        saturating.set_switch(node);
      } else {
        sinks.push_back(node);
      }
      plain.set_supply(node, made.supply[node]);
      saturating.set_supply(node, made.supply[node]);
    }
    for (int asked = 0; asked < 12 && !sinks.empty(); ++asked) {
      // As in a sweep, with now and then a change between.
      const int node = static_cast<int>(random() % made.num_nodes);
      const bool unlimited = random() % 4 > 0;
      plain.set_unlimited(node, unlimited);
      saturating.set_unlimited(node, unlimited);
      if (!made.arcs.empty() && random() % 4 == 0) {
        const int arc = static_cast<int>(random() % made.arcs.size());
        const Integer capacity = random_amount(random, 8);
        plain.set_capacity(arc, capacity);
        saturating.set_capacity(arc, capacity);
      }
      const int sink = sinks[random() % sinks.size()];
      const Integer enough = random_amount(random, 20) + 1;
      const Integer arrived = plain.into(sink, enough);
      REQUIRE(saturating.into(sink, enough) == arrived);
      if (arrived == enough) continue;
      ++short_of;
      for (int other = 0; other < made.num_nodes; ++other) {
        CHECK(saturating.on_sink_side(other) == plain.on_sink_side(other));
      }
    }
  }
  CHECK(short_of > 2000);
}

TEST_CASE("a solver follows new arcs and changed numbers, into more than 64 bits") {
  std::mt19937_64 random(12);
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    const int bits = std::vector{6, 40, 57, 130}[round % 4];
    Case made = random_case(random, 6);
    SupplyFlowSolver solver(FlowNetwork{made.num_nodes, made.arcs});
    for (int node = 0; node < made.num_nodes; ++node) {
      solver.set_supply(node, made.supply[node]);
      solver.set_unlimited(node, made.unlimited[node]);
    }
    for (int step = 0; step < 15; ++step) {
      const int node = static_cast<int>(random() % made.num_nodes);
      switch (random() % 4) {
        case 0: {
          const int head = (node + 1) % made.num_nodes;
          made.arcs.push_back({node, head, random_amount(random, bits)});
          const int arc = solver.add_arc(node, head);
          CHECK(arc == static_cast<int>(made.arcs.size()) - 1);
          solver.set_capacity(arc, made.arcs.back().capacity);
          CHECK(solver.capacity(arc) == made.arcs.back().capacity);
          break;
        }
        case 1: {
          if (made.arcs.empty()) break;
          const auto arc = random() % made.arcs.size();
          made.arcs[arc].capacity = random_amount(random, bits);
          solver.set_capacity(static_cast<int>(arc), made.arcs[arc].capacity);
          break;
        }
        case 2:
          made.supply[node] = random_amount(random, bits);
          solver.set_supply(node, made.supply[node]);
          break;
        default:
          made.unlimited[node] = !made.unlimited[node];
          solver.set_unlimited(node, made.unlimited[node]);
      }
      const Integer enough = random_amount(random, bits) + 1;
      const int sink = static_cast<int>(random() % made.num_nodes);
      made.check(solver, sink, enough, solver.into(sink, enough));
    }
  }
}

}  // namespace
}  // namespace pleach
