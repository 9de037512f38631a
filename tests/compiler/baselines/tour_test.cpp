#include "compiler/baselines/tour.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

namespace pleach::baselines {
namespace {

StepCosts random_costs(std::size_t places, std::mt19937_64& random) {
  StepCosts costs{.places = places, .by_ends = std::vector<std::int64_t>(places * places)};
  for (auto& cost : costs.by_ends) cost = static_cast<std::int64_t>(random() % 100);
  return costs;
}

std::vector<int> closed_way(std::size_t places) {
  std::vector<int> way(places);
  std::iota(way.begin(), way.end(), 0);
  way.push_back(0);
  return way;
}

std::int64_t least_cost(std::vector<int> way, const StepCosts& costs) {
  std::int64_t least = way_cost(way, costs);
  while (std::next_permutation(way.begin() + 1, way.end() - 1)) {
    least = std::min(least, way_cost(way, costs));
  }
  return least;
}

TEST_CASE("a search keeps ends and places, never loses, and finds the best of small tours") {
  std::mt19937_64 random(3);
  int best_found = 0;
  constexpr int kTrials = 40;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::size_t places = 3 + static_cast<std::size_t>(trial) % 6;
    const StepCosts costs = random_costs(places, random);
    std::vector<int> way = closed_way(places);
    std::vector<int> improved = way;
    improve_way(improved, costs);
    CHECK(way_cost(improved, costs) <= way_cost(way, costs));
    std::vector<int> searched = way;
    search_way(searched, costs, 50, 1);
    CHECK(way_cost(searched, costs) <= way_cost(improved, costs));
    for (const auto& found : {improved, searched}) {
      CHECK(found.front() == 0);
      CHECK(found.back() == 0);
      CHECK(std::is_permutation(found.begin(), found.end(), way.begin(), way.end()));
    }
    const std::int64_t least = least_cost(way, costs);
    CHECK(way_cost(searched, costs) >= least);
    best_found += way_cost(searched, costs) == least ? 1 : 0;
  }
  CHECK(best_found == kTrials);
}

TEST_CASE("a search brings shuffled points of a circle back into order") {
  constexpr int kPlaces = 40;
  StepCosts costs{.places = kPlaces, .by_ends = std::vector<std::int64_t>(kPlaces * kPlaces)};
  for (int i = 0; i < kPlaces; ++i) {
    for (int j = 0; j < kPlaces; ++j) {
      const int apart = std::abs(i - j);
      costs.by_ends[static_cast<std::size_t>(i * kPlaces + j)] = std::min(apart, kPlaces - apart);
    }
  }
  std::mt19937_64 random(9);
  std::vector<int> way = closed_way(kPlaces);
  for (std::size_t i = kPlaces - 1; i > 1; --i) std::swap(way[i], way[1 + random() % i]);
  search_way(way, costs, 100, 1);
  CHECK(way_cost(way, costs) == kPlaces);
}

}  // namespace
}  // namespace pleach::baselines
