#include "compiler/baselines/tour.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace pleach::baselines {
namespace {

// Costs of the steps up to each place, forwards and backwards.
struct Sums {
  std::vector<std::int64_t> forward;
  std::vector<std::int64_t> backward;
};

Sums sums_of(const std::vector<int>& way, const StepCosts& cost) {
  Sums sums{.forward = {0}, .backward = {0}};
  for (std::size_t i = 1; i < way.size(); ++i) {
    sums.forward.push_back(sums.forward.back() + cost(way[i - 1], way[i]));
    sums.backward.push_back(sums.backward.back() + cost(way[i], way[i - 1]));
  }
  return sums;
}

// The first stretch way[i … j] that is better turned round, turned round.
bool turn_one(std::vector<int>& way, const StepCosts& cost, const Sums& sums) {
  for (std::size_t i = 1; i + 2 < way.size(); ++i) {
    for (std::size_t j = i + 1; j + 1 < way.size(); ++j) {
      const std::int64_t before = sums.forward[j + 1] - sums.forward[i - 1];
      const std::int64_t after =
          cost(way[i - 1], way[j]) + sums.backward[j] - sums.backward[i] + cost(way[i], way[j + 1]);
      if (after >= before) continue;
      std::reverse(way.begin() + static_cast<std::ptrdiff_t>(i),
                   way.begin() + static_cast<std::ptrdiff_t>(j) + 1);
      return true;
    }
  }
  return false;
}

// The first stretch of up to three places that is better elsewhere, moved there.
bool move_one(std::vector<int>& way, const StepCosts& cost) {
  constexpr std::size_t kLongest = 3;
  const std::size_t last = way.size() - 1;
  for (std::size_t i = 1; i < last; ++i) {
    for (std::size_t j = i; j < std::min(i + kLongest, last); ++j) {
      const std::int64_t gain =
          cost(way[i - 1], way[i]) + cost(way[j], way[j + 1]) - cost(way[i - 1], way[j + 1]);
      if (gain <= 0) continue;
      for (std::size_t k = 0; k < last; ++k) {
        if (k + 1 >= i && k <= j) continue;  // beside or inside the stretch
        if (cost(way[k], way[i]) + cost(way[j], way[k + 1]) - cost(way[k], way[k + 1]) >= gain) {
          continue;
        }
        const auto at = [&](std::size_t place) {
          return way.begin() + static_cast<std::ptrdiff_t>(place);
        };
        if (k < i) {
          std::rotate(at(k + 1), at(i), at(j + 1));
        } else {
          std::rotate(at(i), at(j + 1), at(k + 1));
        }
        return true;
      }
    }
  }
  return false;
}

}  // namespace

std::int64_t way_cost(const std::vector<int>& way, const StepCosts& cost) {
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < way.size(); ++i) sum += cost(way[i - 1], way[i]);
  return sum;
}

void improve_way(std::vector<int>& way, const StepCosts& cost) {
  const std::size_t most = 8 * way.size();
  for (std::size_t round = 0; round < most; ++round) {
    if (!turn_one(way, cost, sums_of(way, cost)) && !move_one(way, cost)) return;
  }
}

void search_way(std::vector<int>& way, const StepCosts& cost, int rounds, std::uint64_t seed) {
  constexpr std::size_t kFewest = 5;  // places, for two stretches between the ends
  improve_way(way, cost);
  if (way.size() < kFewest) return;
  std::mt19937_64 random(seed);
  std::int64_t least = way_cost(way, cost);
  for (int round = 0; round < rounds && least > 0; ++round) {
    std::array<std::ptrdiff_t, 3> points{};
    const std::uint64_t inner = way.size() - 1;
    for (auto& point : points) point = 1 + static_cast<std::ptrdiff_t>(random() % inner);
    std::sort(points.begin(), points.end());
    std::vector<int> other = way;
    std::rotate(other.begin() + points[0], other.begin() + points[1], other.begin() + points[2]);
    improve_way(other, cost);
    const std::int64_t found = way_cost(other, cost);
    if (found >= least) continue;
    least = found;
    way = std::move(other);
  }
}

}  // namespace pleach::baselines
