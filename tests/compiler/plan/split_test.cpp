#include "compiler/plan/split.hpp"

#include <limits>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

namespace pleach {
namespace {

using Parts = std::vector<std::uint64_t>;

TEST_CASE("split gives left-over elements to the largest remainders, first come first served") {
  CHECK(split(10, {Rational(1, 2), Rational(1, 2)}) == Parts{5, 5});
  CHECK(split(7, {Rational(1, 2), Rational(1, 2)}) == Parts{4, 3});
  CHECK(split(10, {Rational(1, 6), Rational(1, 3), Rational(1, 2)}) == Parts{2, 3, 5});
  // dues 0.8 and 0.2 of one element
  CHECK(split(1, {Rational(1, 5), Rational(4, 5)}) == Parts{0, 1});
  CHECK(split(0, {Rational(1, 5), Rational(4, 5)}) == Parts{0, 0});
  CHECK(split(5, {}).empty());
}

TEST_CASE("shares count relative to their sum") {
  CHECK(split(9, {Rational(1, 48), Rational(2, 48)}) == Parts{3, 6});
  CHECK(split_evenly(11, 4) == Parts{3, 3, 3, 2});
}

TEST_CASE("the largest total there is does not overflow") {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK(split(most, {Rational(1), Rational(1)}) == Parts{most / 2 + 1, most / 2});
}

TEST_CASE("parts sum to the total and are within one element of their due") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<Rational> shares;
    Rational sum;
    for (std::uint64_t i = 0; i <= random() % 7; ++i) {
      shares.emplace_back(static_cast<std::int64_t>(1 + random() % 1000),
                          static_cast<std::int64_t>(1 + random() % 1000));
      sum += shares.back();
    }
    const auto total = static_cast<std::int64_t>(random() % 100000);
    const Parts parts = split(total, shares);
    REQUIRE(parts.size() == shares.size());
    CHECK(std::accumulate(parts.begin(), parts.end(), std::uint64_t{0}) ==
          static_cast<std::uint64_t>(total));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Rational off =
          Rational(static_cast<std::int64_t>(parts[i])) - Rational(total) * shares[i] / sum;
      CHECK(off < Rational(1));
      CHECK(off > Rational(-1));
    }
  }
}

}  // namespace
}  // namespace pleach
