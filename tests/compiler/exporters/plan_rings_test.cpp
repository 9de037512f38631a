#include "compiler/exporters/plan_rings.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "tests/compiler/exporters/nccl_xml_checker.hpp"
#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

RingSearch search(const Topology& topology) { return plan_rings(topology, ring_limit(topology)); }

void check_plan(const Topology& topology, const RingPlan& plan) {
  CHECK(plan.rings.size() >= 1);
  CHECK(plan.rings.size() <= kMostChannels);
  std::vector<std::vector<std::uint64_t>> devs;
  for (const auto& ring : plan.rings) {
    std::vector<int> sorted = ring;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted.size() == topology.num_ranks());
    CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
    CHECK(sorted.back() + 1 == static_cast<int>(topology.num_ranks()));
    devs.emplace_back(ring.begin(), ring.end());
  }
  const auto rate = testing::rate_of_rings(devs, topology, topology.ranks);
  REQUIRE(rate);  // so no hop passes a GPU
  CHECK(*rate == plan.rate);
}

TEST_CASE("random directed machines: a plan where there is a ring, its absence proved elsewhere") {
  std::mt19937_64 random(3);
  int with = 0;
  int without = 0;
  for (int i = 0; i < 200; ++i) {
    const int gpus = 4 + static_cast<int>(random() % 4);
    const Topology topology =
        testing::random_digraph(random, gpus, 25 + static_cast<int>(random() % 40));
    const RingSearch found = search(topology);
    REQUIRE(found.plan.has_value() == testing::has_ring(testing::links_between(topology)));
    if (!found.plan) {
      CHECK(found.proved);
      ++without;
      continue;
    }
    check_plan(topology, *found.plan);
    CHECK(found.plan->rate <= ring_limit(topology).rate);
    ++with;
  }
  CHECK(with > 50);
  CHECK(without > 20);
}

TEST_CASE("a star has no ring: its arms meet in one GPU") {
  //  g1 - g0 - g2, g0 - g3
  const Topology star = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}}],
    "links":[{"between":["g0","g{i}"],"bandwidth":"50 GB/s","for":{"i":"1-3"}}])");
  const RingSearch found = search(star);
  CHECK_FALSE(found.plan);
  CHECK(found.proved);
}

TEST_CASE("beyond 20 GPUs a missing ring is not claimed to be proved") {
  const Topology star = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-21"}}],
    "links":[{"between":["g0","g{i}"],"bandwidth":"50 GB/s","for":{"i":"1-21"}}])");
  const RingSearch found = search(star);
  CHECK_FALSE(found.plan);
  CHECK_FALSE(found.proved);
}

TEST_CASE("rings keep to the links of a hybrid cube mesh, and use them all") {
  const Topology topology = testing::machine("dgx-1v");
  const RingSearch found = search(topology);
  REQUIRE(found.plan);
  check_plan(topology, *found.plan);
  CHECK(found.plan->rate == Rational(150));
  CHECK(found.plan->over_scale_up);
}

TEST_CASE("a hop over NICs or CPUs is no scale-up hop") {
  const Topology topology = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}},{"id":"cpu","type":"cpu"}],
    "links":[{"between":["g0","g1"],"bandwidth":"50 GB/s"},{"between":["g2","g3"],"bandwidth":"50 GB/s"},
             {"between":["g{i}","cpu"],"bandwidth":"12 GB/s","for":{"i":"0-3"}}])");
  const RingSearch found = search(topology);
  REQUIRE(found.plan);
  check_plan(topology, *found.plan);
  CHECK_FALSE(found.plan->over_scale_up);
}

}  // namespace
}  // namespace pleach::exporters
