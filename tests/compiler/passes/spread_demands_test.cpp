#include "compiler/passes/spread_demands.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

namespace pleach {
namespace {

// Demands between left and right ends over `ways` middles: slot (end, way) has room of its own.
SpreadProblem bipartite(const std::vector<std::vector<std::int64_t>>& amounts, int ways) {
  SpreadProblem problem;
  const int size = static_cast<int>(amounts.size());
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      problem.first_choice.push_back(static_cast<int>(problem.choices.size()));
      problem.amount.push_back(amounts[i][j]);
      for (int way = 0; way < ways; ++way) {
        problem.choices.push_back({i * ways + way, (size + j) * ways + way});
      }
    }
  }
  problem.first_choice.push_back(static_cast<int>(problem.choices.size()));
  return problem;
}

void check_spread(const SpreadProblem& problem,
                  const std::vector<std::int64_t>& taken,
                  std::vector<std::int64_t> room) {
  REQUIRE(taken.size() == problem.choices.size());
  for (std::size_t d = 0; d < problem.amount.size(); ++d) {
    std::int64_t sum = 0;
    for (int c = problem.first_choice[d]; c < problem.first_choice[d + 1]; ++c) {
      CHECK(taken[c] >= 0);
      sum += taken[c];
      if (problem.choices[c].leave >= 0) room[problem.choices[c].leave] -= taken[c];
      if (problem.choices[c].arrive >= 0) room[problem.choices[c].arrive] -= taken[c];
    }
    CHECK(sum == problem.amount[d]);
  }
  for (const std::int64_t left : room) CHECK(left >= 0);
}

TEST_CASE("whatever fits the ends finds its way through equal middles") {
  // Sums of permutations fill every end to the last unit; bipartite edge colouring says they fit.
  std::mt19937_64 random(41);
  for (int round = 0; round < 400; ++round) {
    const int size = 2 + static_cast<int>(random() % 7);
    const int ways = 1 + static_cast<int>(random() % 6);
    const int each = 1 + static_cast<int>(random() % 5);
    std::vector<std::vector<std::int64_t>> amounts(size, std::vector<std::int64_t>(size));
    std::vector<int> to(size);
    std::iota(to.begin(), to.end(), 0);
    for (int unit = 0; unit < ways * each; ++unit) {
      std::shuffle(to.begin(), to.end(), random);
      for (int i = 0; i < size; ++i) ++amounts[i][to[i]];
    }
    CAPTURE(round);
    const SpreadProblem problem = bipartite(amounts, ways);
    const std::vector<std::int64_t> room(2 * size * ways, each);
    std::vector<std::int64_t> left = room;
    const auto taken = spread_demands(problem, left);
    REQUIRE(taken.has_value());
    check_spread(problem, *taken, room);
    CHECK(std::all_of(left.begin(), left.end(), [](std::int64_t rest) { return rest == 0; }));
  }
}

TEST_CASE("uneven rooms: a result is right, and one unit too many is refused") {
  std::mt19937_64 random(42);
  int found = 0;
  for (int round = 0; round < 400; ++round) {
    const int size = 2 + static_cast<int>(random() % 4);
    const int ways = 1 + static_cast<int>(random() % 4);
    std::vector<std::vector<std::int64_t>> amounts(size, std::vector<std::int64_t>(size));
    for (auto& row : amounts) {
      for (std::int64_t& amount : row) amount = static_cast<std::int64_t>(random() % 4);
    }
    const SpreadProblem problem = bipartite(amounts, ways);
    std::vector<std::int64_t> room(2 * size * ways);
    for (std::int64_t& slot : room) slot = static_cast<std::int64_t>(random() % 9);
    std::vector<std::int64_t> left = room;
    CAPTURE(round);
    if (const auto taken = spread_demands(problem, left)) {
      ++found;
      check_spread(problem, *taken, room);
    }
    const std::int64_t first_row =
        std::accumulate(amounts[0].begin(), amounts[0].end(), std::int64_t{0});
    if (first_row == 0) continue;
    std::fill(room.begin(), room.begin() + ways, 0);
    room[0] = first_row - 1;
    CHECK_FALSE(spread_demands(problem, room).has_value());
  }
  CHECK(found > 50);
}

TEST_CASE("an end without a limit") {
  SpreadProblem problem{{7}, {0, 2}, {{0, -1}, {1, -1}}};
  std::vector<std::int64_t> room{2, 5};
  const auto taken = spread_demands(problem, room);
  REQUIRE(taken.has_value());
  CHECK(*taken == std::vector<std::int64_t>{2, 5});
}

}  // namespace
}  // namespace pleach
