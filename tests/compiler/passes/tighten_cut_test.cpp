#include "compiler/passes/tighten_cut.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/core/rational.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

Rational ratio(const DemandGraph& graph, const std::vector<bool>& set) {
  return {weight_of(graph, set), capacity_leaving(graph, set)};
}

TEST_CASE("a switch that only serves the missing rank joins it") {
  // r0 and r1 meet at s0; s1 hangs on s0 and serves r2 alone, by a link thinner than r2's own.
  //   r0 --9-- s0 --1-- s1 --9-- r2,  r1 --9-- s0
  DemandGraph graph;
  graph.network = {5, {}};
  for (const auto& [a, b, capacity] : {std::tuple{0, 3, 9}, {1, 3, 9}, {3, 4, 1}, {4, 2, 9}}) {
    graph.network.arcs.push_back({a, b, capacity});
    graph.network.arcs.push_back({b, a, capacity});
  }
  graph.weight = {1, 1, 1, 0, 0};
  graph.total_weight = 3;
  graph.compute = graph.sinks = {0, 1, 2};
  const std::vector<bool> all_but_r2 = {true, true, false, true, true};
  CHECK(tightened(graph, all_but_r2) == std::vector<bool>{true, true, false, true, false});
}

TEST_CASE("random cuts: never worse, still a cut, and no single move is left") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 1000; ++round) {
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + static_cast<int>(random() % 5), .switches = round % 4});
    const DemandGraph graph = demand_graph(topology, Collective::AllGather, 0);
    std::vector<bool> set(graph.network.num_nodes);
    for (std::size_t i = 0; i < set.size(); ++i) set[i] = random() % 2 == 0;
    set[0] = true;
    set[1] = false;
    const auto better = tightened(graph, set);
    CAPTURE(round);
    CHECK(ratio(graph, better) >= ratio(graph, set));
    for (std::size_t node = 0; node < better.size(); ++node) {
      auto moved = better;
      moved[node] = !moved[node];
      const bool is_cut =
          weight_of(graph, moved) > Integer(0) && weight_of(graph, moved) < graph.total_weight;
      if (is_cut) CHECK(ratio(graph, moved) <= ratio(graph, better));
    }
  }
}

}  // namespace
}  // namespace pleach
