#include "compiler/exporters/ring_limit.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include <doctest/doctest.h>

#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

Rational leaving(const Topology& topology, const std::vector<bool>& inside) {
  Rational sum;
  for (const Link& link : topology.links) {
    if (inside[index(link.from)] && !inside[index(link.to)]) {
      sum += link.bandwidth.gigabytes_per_second;
    }
  }
  return sum;
}

// Over every node set.
Rational least_cut(const Topology& topology) {
  std::optional<Rational> least;
  for (unsigned set = 0; set < 1U << topology.num_nodes(); ++set) {
    std::vector<bool> inside(topology.num_nodes());
    for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = (set >> i & 1U) != 0;
    const auto gpus =
        std::ranges::count_if(topology.ranks, [&](NodeId node) { return inside[index(node)]; });
    if (gpus == 0 || gpus == static_cast<std::ptrdiff_t>(topology.num_ranks())) continue;
    const Rational rate = leaving(topology, inside);
    if (!least || rate < *least) least = rate;
  }
  return *least;
}

void check_witness(const Topology& topology, const RingLimit& limit) {
  std::vector<bool> inside(topology.num_nodes());
  for (const NodeId node : limit.cut) inside[index(node)] = true;
  CHECK(leaving(topology, inside) == limit.rate);
  const auto gpus =
      std::ranges::count_if(topology.ranks, [&](NodeId node) { return inside[index(node)]; });
  CHECK(gpus > 0);
  CHECK(gpus < static_cast<std::ptrdiff_t>(topology.num_ranks()));
  CHECK(std::ranges::is_sorted(limit.cut));
}

TEST_CASE("the ring limit of random directed machines is the least of all cuts") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    const int gpus = 4 + static_cast<int>(random() % 4);
    Topology topology = testing::random_digraph(random, gpus, 25 + static_cast<int>(random() % 60));
    for (Link& link : topology.links) {
      link.bandwidth.gigabytes_per_second /= static_cast<std::int64_t>(1 + random() % 3);
    }
    const RingLimit limit = ring_limit(topology);
    REQUIRE(limit.rate == least_cut(topology));
    check_witness(topology, limit);
  }
}

TEST_CASE("forwarders stand on either side of a cut") {
  // Two boxes of two, joined by a slow pair of NICs: g0, g1 = s0 - n0 - n1 - s1 = g2, g3.
  const Topology topology = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}},{"id":"s{i}","type":"switch","for":{"i":"0-1"}},
             {"id":"n{i}","type":"nic","for":{"i":"0-1"}}],
    "links":[{"between":["g0","s0"],"bandwidth":"90 GB/s"},{"between":["g1","s0"],"bandwidth":"90 GB/s"},
             {"between":["g2","s1"],"bandwidth":"90 GB/s"},{"between":["g3","s1"],"bandwidth":"90 GB/s"},
             {"between":["s0","n0"],"bandwidth":"20 GB/s"},{"between":["s1","n1"],"bandwidth":"25 GB/s"},
             {"from":"n0","to":"n1","bandwidth":"12.5 GB/s"},{"from":"n1","to":"n0","bandwidth":"50 GB/s"}])");
  const RingLimit limit = ring_limit(topology);
  CHECK(limit.rate == Rational(25, 2));
  CHECK(limit.rate == least_cut(topology));
  check_witness(topology, limit);
}

TEST_CASE("ring_algbw counts the share that stays and the second round") {
  CHECK(ring_algbw(350, Collective::AllGather, 8) == Rational(400));
  CHECK(ring_algbw(350, Collective::ReduceScatter, 8) == Rational(400));
  CHECK(ring_algbw(350, Collective::AllReduce, 8) == Rational(200));
  CHECK(ring_algbw(10, Collective::AllGather, 2) == Rational(20));
}

}  // namespace
}  // namespace pleach::exporters
