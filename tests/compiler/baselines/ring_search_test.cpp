#include "compiler/baselines/ring_search.hpp"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "tests/support/machines.hpp"

namespace pleach::baselines {
namespace {

std::vector<int> all_ranks(const Topology& topology) {
  std::vector<int> ranks(topology.num_ranks());
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

bool is_ring(const Topology& topology, std::vector<int> ring) {
  std::sort(ring.begin(), ring.end());
  return ring == all_ranks(topology);
}

Rings rings_of(const Topology& topology, const std::vector<std::vector<int>>& boxes) {
  Router router(topology);
  return find_rings(topology, router, boxes, Rational(1'000'000));
}

TEST_CASE("directed links of a full mesh of 8 part into 7 rings, or nearly") {
  const Topology topology = testing::machine("mesh-full-8");
  Router router(topology);
  const Rings rings = find_rings(topology, router, {all_ranks(topology)}, Rational(350));
  CHECK(rings.channels.size() == 7);
  std::vector<std::pair<int, int>> used;
  for (const auto& ring : rings.channels) {
    CHECK(is_ring(topology, ring));
    for (std::size_t i = 0; i < 8; ++i) used.emplace_back(ring[i], ring[(i + 1) % 8]);
  }
  std::sort(used.begin(), used.end());
  CHECK(std::adjacent_find(used.begin(), used.end()) == used.end());
}

TEST_CASE("rings keep boxes together") {
  const Topology topology = testing::machine("dgx-h100-x4");
  std::vector<std::vector<int>> boxes(4);
  for (int rank = 0; rank < 32; ++rank) boxes[static_cast<std::size_t>(rank / 8)].push_back(rank);
  const Rings rings = rings_of(topology, boxes);
  CHECK(rings.channels.size() == 8);
  for (const auto& ring : rings.channels) {
    CHECK(is_ring(topology, ring));
    int changes = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      changes += ring[i] / 8 != ring[(i + 1) % ring.size()] / 8 ? 1 : 0;
    }
    CHECK(changes == 4);
  }
}

TEST_CASE("a ring goes round a torus without leaving its links") {
  const Topology topology = testing::machine("torus-4x8");
  Router router(topology);
  const Rings rings = rings_of(topology, {all_ranks(topology)});
  REQUIRE(is_ring(topology, rings.best));
  for (std::size_t i = 0; i < rings.best.size(); ++i) {
    CHECK(router.route(rings.best[i], rings.best[(i + 1) % rings.best.size()], 0).size() == 1);
  }
}

TEST_CASE("the same rings every time") {
  const Topology topology = testing::machine("mi250-x1");
  const Rings once = rings_of(topology, {all_ranks(topology)});
  const Rings again = rings_of(topology, {all_ranks(topology)});
  CHECK(once.best == again.best);
  CHECK(once.channels == again.channels);
}

TEST_CASE("box_order names boxes as they are passed and the places of the first") {
  const BoxOrder order = box_order({{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}, {7, 8, 6, 2, 0, 1, 4, 3, 5});
  CHECK(order.boxes == std::vector<std::size_t>{2, 0, 1});
  CHECK(order.places == std::vector<std::size_t>{2, 0, 1});
}

}  // namespace
}  // namespace pleach::baselines
