#include "compiler/exporters/hamiltonian_ring.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

using Follows = std::vector<std::vector<bool>>;

bool is_ring(const std::vector<int>& ring, const Follows& follows) {
  if (ring.size() != follows.size() || ring.front() != 0) return false;
  std::vector<int> sorted = ring;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (sorted[i] != static_cast<int>(i)) return false;
    const int next = ring[(i + 1) % ring.size()];
    if (!follows[static_cast<std::size_t>(ring[i])][static_cast<std::size_t>(next)]) return false;
  }
  return true;
}

TEST_CASE("hamiltonian_ring agrees with trying every order on random graphs") {
  std::mt19937_64 random(1);
  int with = 0;
  for (int i = 0; i < 600; ++i) {
    const std::size_t count = 2 + random() % 6;
    const auto percent = 20 + random() % 50;
    Follows follows(count, std::vector<bool>(count));
    for (auto& row : follows) {
      for (std::size_t j = 0; j < count; ++j) row[j] = random() % 100 < percent;
    }
    const auto ring = hamiltonian_ring(follows);
    REQUIRE(ring.has_value() == testing::has_ring(follows));
    if (!ring) continue;
    CHECK(is_ring(*ring, follows));
    ++with;
  }
  CHECK(with > 100);
  CHECK(with < 500);
}

TEST_CASE("20 nodes: a long way round is found, and its absence seen") {
  Follows follows(kMostExactRing, std::vector<bool>(kMostExactRing));
  for (std::size_t i = 0; i < kMostExactRing; ++i) follows[i][(i + 7) % kMostExactRing] = true;
  const auto ring = hamiltonian_ring(follows);
  REQUIRE(ring);
  CHECK(is_ring(*ring, follows));
  follows[7][14] = false;
  CHECK_FALSE(hamiltonian_ring(follows));
}

}  // namespace
}  // namespace pleach::exporters
