#include "compiler/passes/tree_counts.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/pipeline.hpp"
#include "tests/compiler/explain/machines.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

std::vector<TreeCount> counts_of(const Topology& topology, Collective collective) {
  return tree_counts(topology, compute_bound(topology, collective));
}

TEST_CASE("two DGX A100: the rows that are worth a look") {
  const auto counts = counts_of(testing::catalogue_machine("dgx-a100-x2"), Collective::AllGather);
  REQUIRE(counts.size() == 3);
  CHECK(counts[0] == TreeCount{1, Rational(2400, 7)});
  CHECK(counts[1].trees_per_root == Integer(7));
  CHECK(counts[2] == TreeCount{13, Rational(1040, 3)});
}

TEST_CASE("the list ends where fewer trees than the bound's own do as well") {
  // 250 GB/s into g0 asks for five trees if all links are to be full, but only that one must be.
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-7"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g0","s"],"bandwidth":"250 GB/s"},
      {"between":["g{g}","s"],"bandwidth":"300 GB/s","for":{"g":"1-7"}}]})");
  const Bound bound = compute_bound(topology, Collective::AllGather);
  CHECK(bound.trees_per_root == Integer(5));
  CHECK(tree_counts(topology, bound) == std::vector<TreeCount>{{1, bound.algbw}});
  const auto compiled = compile_schedule(
      topology, {.collective = Collective::AllGather, .root = 0, .trees_per_root = 1},
      [] { return 0.0; });
  CHECK(compiled.schedule.algbw == bound.algbw);
}

TEST_CASE("allreduce: both halves share the links") {
  const auto counts = counts_of(testing::catalogue_machine("dgx-a100-x2"), Collective::AllReduce);
  REQUIRE(counts.size() == 3);
  CHECK(counts[0] == TreeCount{1, Rational(1200, 7)});
  CHECK(counts[2] == TreeCount{13, Rational(520, 3)});
}

TEST_CASE("a row is what compile reaches with so many trees, unbalanced switches or not") {
  std::mt19937_64 random(52);
  std::size_t unbalanced = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + round % 4, .switches = round % 3, .rate_bits = 3});
    const Bound bound = compute_bound(topology, Collective::AllGather);
    unbalanced += bound.achievable ? 1 : 0;
    const auto counts = tree_counts(topology, bound);
    CHECK(counts.back().algbw == bound.best());
    for (const TreeCount& count : counts) {
      const auto compiled = compile_schedule(topology,
                                             {.collective = Collective::AllGather,
                                              .root = 0,
                                              .trees_per_root = count.trees_per_root.int64()},
                                             [] { return 0.0; });
      CHECK(compiled.schedule.algbw >= count.algbw);
      CHECK(compiled.schedule.algbw <= bound.best());
    }
  }
  CHECK(unbalanced > 20);
}

TEST_CASE("random machines: each row against enumeration, and each better than the last") {
  std::mt19937_64 random(51);
  std::size_t rows = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_balanced(
        random, {.ranks = 3 + round % 3, .switches = round % 3, .rate_bits = 4});
    const Bound bound = compute_bound(topology, Collective::AllGather);
    const auto counts = tree_counts(topology, bound);
    REQUIRE(!counts.empty());
    CHECK(counts.back().algbw == bound.algbw);
    Rational last = 0;
    for (const TreeCount& count : counts) {
      CHECK(count.algbw > last);
      CHECK(count.algbw <= bound.algbw);
      last = count.algbw;
      if (count.trees_per_root > Integer(8)) continue;
      const int trees = static_cast<int>(count.trees_per_root.int64());
      const Rational best = testing::best_algbw_for_tree_count(topology, trees);
      CHECK(count.algbw <= best);
      // Rounding down may unbalance a switch, and balance has its price.
      if (round % 3 == 0) CHECK(count.algbw == best);
      rows += count.algbw == best ? 1 : 0;
    }
  }
  CHECK(rows > 150);
}

}  // namespace
}  // namespace pleach
