#include "compiler/passes/scale_capacities.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/feasibility.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/topology/load_topology.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

Optimum optimum_of(const Topology& topology) {
  return find_optimum(demand_graph(topology, Collective::AllGather, 0));
}

Topology machine(const std::string& text) {
  auto topology = read_topology(text, "test");
  REQUIRE(topology.ok());
  return std::move(topology).value();
}

Rational rate_of(const TreeGraph& trees) {
  return trees.graph.unit * Rational(trees.graph.total_weight);
}

// The witness: every node set has the capacity for its trees, and switches pass on what they get.
void check_trees(const TreeGraph& trees) {
  CHECK(FeasibilityChecker(trees.graph).feasible());
  CHECK(unbalanced_switches(trees.graph).empty());
}

TEST_CASE("only links of tight cuts need whole trees") {
  // 250 GB/s into g0 asks for five trees if all links are to be full, but only that one must be.
  const Optimum optimum = optimum_of(machine(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-7"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g0","s"],"bandwidth":"250 GB/s"},
      {"between":["g{g}","s"],"bandwidth":"300 GB/s","for":{"g":"1-7"}}]})"));
  CHECK(scale_to_optimum(optimum).trees_per_root == Integer(5));
  const TreeGraph least = scale_to_least_trees(optimum);
  CHECK(least.trees_per_root == Integer(1));
  CHECK(rate_of(least) == optimum.algbw());
  check_trees(least);
}

TEST_CASE("two DGX A100: what a tolerance buys") {
  const auto topology = load_topology("dgx-a100-x2");
  REQUIRE(topology.ok());
  const Optimum optimum = optimum_of(topology.value());
  CHECK(scale_to_least_trees(optimum).trees_per_root == Integer(13));
  const TreeGraph one = scale_within(optimum, Rational(2, 100));  // 98.90 % with one tree
  CHECK(one.trees_per_root == Integer(1));
  CHECK(rate_of(one) == Rational(2400, 7));
  check_trees(one);
  CHECK(scale_within(optimum, Rational(1, 10000)).trees_per_root == Integer(13));
  const TreeGraph some = scale_within(optimum, Rational(5, 1000));
  CHECK(some.trees_per_root == Integer(7));
  CHECK(rate_of(some) >= optimum.algbw() * Rational(995, 1000));
}

TEST_CASE("random machines without switches: the least number of trees, against enumeration") {
  std::mt19937_64 random(71);
  int fewer = 0;
  for (int round = 0; round < 250; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_balanced(
        random, {.ranks = 3 + round % 4, .switches = 0, .rate_bits = 2 + round % 4});
    const Optimum optimum = optimum_of(topology);
    const TreeGraph least = scale_to_least_trees(optimum);
    CHECK(rate_of(least) == optimum.algbw());
    check_trees(least);
    const int trees = static_cast<int>(least.trees_per_root.int64());
    CHECK(least.trees_per_root <= optimum.time.den());
    fewer += least.trees_per_root < optimum.time.den() ? 1 : 0;
    for (int k = 1; k < std::min(trees, 12); ++k) {
      CHECK(testing::best_algbw_for_tree_count(topology, k) < optimum.algbw());
    }
    for (const Rational& tolerance : {Rational(1, 5), Rational(1, 20)}) {
      const TreeGraph close = scale_within(optimum, tolerance);
      check_trees(close);
      const Rational wanted = optimum.algbw() * (Rational(1) - tolerance);
      CHECK(rate_of(close) >= wanted);
      const int enough = static_cast<int>(close.trees_per_root.int64());
      for (int k = 1; k < std::min(enough, 12); ++k) {
        CHECK(testing::best_algbw_for_tree_count(topology, k) < wanted);
      }
    }
  }
  CHECK(fewer > 20);
}

TEST_CASE("random machines with switches, balanced and not: trees that fit, never too many") {
  std::mt19937_64 random(72);
  int fewer = 0;
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const testing::RandomMachine shape{
        .ranks = 2 + round % 5, .switches = 1 + round % 3, .rate_bits = 2 + round % 4};
    const Topology topology = round % 4 == 0 ? testing::random_unbalanced(random, shape)
                                             : testing::random_balanced(random, shape);
    const Optimum optimum = optimum_of(topology);
    const TreeGraph least = scale_to_least_trees(optimum);
    CHECK(rate_of(least) == optimum.algbw());
    check_trees(least);
    CHECK(least.trees_per_root <= optimum.time.den());
    fewer += least.trees_per_root < optimum.time.den() ? 1 : 0;
    const TreeGraph close = scale_within(optimum, Rational(1, 10));
    CHECK(rate_of(close) >= optimum.algbw() * Rational(9, 10));
    CHECK(close.trees_per_root <= least.trees_per_root);
    check_trees(close);
  }
  CHECK(fewer > 10);
}

}  // namespace
}  // namespace pleach
