#include "compiler/graph/max_flow.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

Integer capacity_leaving(const FlowNetwork& network, const std::vector<bool>& side) {
  Integer sum = 0;
  for (const FlowArc& arc : network.arcs) {
    if (side[arc.tail] && !side[arc.head]) sum += arc.capacity;
  }
  return sum;
}

Integer least_cut_by_enumeration(const FlowNetwork& network, int source, int sink) {
  std::optional<Integer> least;
  for (int set = 0; set < (1 << network.num_nodes); ++set) {
    if (!(set >> source & 1) || (set >> sink & 1)) continue;
    std::vector<bool> side(network.num_nodes);
    for (int node = 0; node < network.num_nodes; ++node) side[node] = set >> node & 1;
    const Integer value = capacity_leaving(network, side);
    if (!least || value < *least) least = value;
  }
  return *least;
}

FlowNetwork random_network(std::mt19937_64& random, int bits) {
  FlowNetwork network{.num_nodes = 2 + static_cast<int>(random() % 7), .arcs = {}};
  const int arcs = static_cast<int>(random() % 30);
  for (int i = 0; i < arcs; ++i) {
    const int tail = static_cast<int>(random() % network.num_nodes);
    const int head = static_cast<int>(random() % network.num_nodes);
    if (tail == head) continue;
    Integer capacity(static_cast<std::int64_t>(random() >> (64 - std::min(bits, 62))));
    for (int extra = 62; extra < bits; extra += 30) capacity *= std::int64_t{1} << 30;
    network.arcs.push_back({tail, head, capacity});
  }
  return network;
}

void check_witness(const FlowNetwork& network, const MaxFlow& flow, int source, int sink) {
  CHECK(flow.source_side[source]);
  CHECK_FALSE(flow.source_side[sink]);
  CHECK(capacity_leaving(network, flow.source_side) == flow.value);
}

TEST_CASE("a hand-drawn network has its flow and its cut") {
  //      4
  //   0 ---> 1
  //   |      | 3      cut {0, 1}: 2 + 3
  //   | 2    v
  //   +----> 2 ---> 3
  //             9
  const FlowNetwork network{4, {{0, 1, 4}, {1, 2, 3}, {0, 2, 2}, {2, 3, 9}}};
  for (const MaxFlow& flow : {max_flow(network, 0, 3), boost_max_flow(network, 0, 3)}) {
    CHECK(flow.value == Integer(5));
    check_witness(network, flow, 0, 3);
  }
}

TEST_CASE("an unreachable sink has no flow") {
  const FlowNetwork network{3, {{0, 1, 4}, {2, 1, 3}}};
  CHECK(max_flow(network, 0, 2).value == Integer(0));
  CHECK(boost_max_flow(network, 0, 2).value == Integer(0));
}

TEST_CASE("both implementations equal brute force on random networks, also beyond 64 bits") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1500; ++round) {
    const int bits = std::vector{3, 20, 40, 62, 130}[round % 5];
    const FlowNetwork network = random_network(random, bits);
    const int source = static_cast<int>(random() % network.num_nodes);
    const int sink =
        (source + 1 + static_cast<int>(random() % (network.num_nodes - 1))) % network.num_nodes;
    CAPTURE(round);
    const Integer expected = least_cut_by_enumeration(network, source, sink);
    const MaxFlow lemon = max_flow(network, source, sink);
    const MaxFlow boost = boost_max_flow(network, source, sink);
    CHECK(lemon.value == expected);
    CHECK(boost.value == expected);
    check_witness(network, lemon, source, sink);
    check_witness(network, boost, source, sink);
  }
}

TEST_CASE("a solver follows added arcs and changed capacities in and out of 64 bits") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    FlowNetwork network = random_network(random, 10);
    MaxFlowSolver solver(network);
    for (int step = 0; step < 12; ++step) {
      const Integer capacity(static_cast<std::int64_t>(random() >> (random() % 2 ? 60 : 2)));
      if (random() % 3 == 0 || network.arcs.empty()) {
        const FlowArc arc{step % 2, 1 - step % 2, capacity};
        network.arcs.push_back(arc);
        CHECK(solver.add_arc(arc) == static_cast<int>(network.arcs.size()) - 1);
      } else {
        const int arc = static_cast<int>(random() % network.arcs.size());
        network.arcs[arc].capacity = capacity;
        solver.set_capacity(arc, capacity);
        CHECK(solver.capacity(arc) == capacity);
      }
      const MaxFlow flow = solver.solve(0, 1);
      CHECK(flow.value == boost_max_flow(network, 0, 1).value);
      CHECK(solver.value(0, 1) == flow.value);
      check_witness(network, flow, 0, 1);
    }
  }
}

TEST_CASE("arc flows keep to capacities and pass every inner node") {
  std::mt19937_64 random(15);
  for (int round = 0; round < 400; ++round) {
    const FlowNetwork network = random_network(random, round % 2 == 0 ? 8 : 130);
    MaxFlowSolver solver(network);
    const std::vector<Integer> flows = solver.arc_flows(0, 1);
    CAPTURE(round);
    REQUIRE(flows.size() == network.arcs.size());
    std::vector<Integer> surplus(network.num_nodes);
    for (std::size_t i = 0; i < flows.size(); ++i) {
      CHECK(flows[i] >= Integer(0));
      CHECK(flows[i] <= network.arcs[i].capacity);
      surplus[network.arcs[i].head] += flows[i];
      surplus[network.arcs[i].tail] -= flows[i];
    }
    CHECK(surplus[1] == solver.value(0, 1));
    for (int node = 2; node < network.num_nodes; ++node) CHECK(surplus[node] == Integer(0));
  }
}

}  // namespace
}  // namespace pleach
