#include "compiler/passes/demand_graph.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

DemandGraph graph_of(int num_nodes, std::vector<FlowArc> arcs) {
  DemandGraph graph;
  graph.network = {num_nodes, std::move(arcs)};
  return graph;
}

TEST_CASE("each arc finds the one that runs the other way") {
  const DemandGraph graph =
      graph_of(3, {{2, 0, 7}, {0, 1, 5}, {1, 2, 4}, {0, 2, 7}, {1, 0, 5}, {2, 1, 4}});
  CHECK(reverse_arcs(graph) == std::vector<int>{3, 4, 5, 0, 1, 2});
  // Parallel ones, of two capacities: each its own.
  const DemandGraph parallel = graph_of(2, {{0, 1, 5}, {1, 0, 9}, {0, 1, 9}, {1, 0, 5}});
  CHECK(reverse_arcs(parallel) == std::vector<int>{3, 2, 1, 0});
  const DemandGraph twins = graph_of(2, {{0, 1, 5}, {1, 0, 5}, {0, 1, 5}, {1, 0, 5}});
  CHECK(reverse_arcs(twins) == std::vector<int>{1, 0, 3, 2});
}

TEST_CASE("an arc without a reverse, or with a slower one") {
  CHECK_FALSE(reverse_arcs(graph_of(2, {{0, 1, 5}})).has_value());
  CHECK_FALSE(reverse_arcs(graph_of(2, {{0, 1, 5}, {1, 0, 4}})).has_value());
  CHECK_FALSE(reverse_arcs(graph_of(3, {{0, 1, 5}, {1, 2, 5}, {2, 0, 5}})).has_value());
  CHECK_FALSE(reverse_arcs(graph_of(2, {{0, 1, 5}, {0, 1, 5}, {1, 0, 5}})).has_value());
}

}  // namespace
}  // namespace pleach
