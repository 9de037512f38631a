#include "compiler/passes/transport.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/graph/max_flow.hpp"

namespace pleach {
namespace {

// How much fits, by a max-flow: source, items, bins, sink.
Integer most_that_fits(const Transport& problem) {
  const int items = static_cast<int>(problem.supply.size());
  const int sink = items + static_cast<int>(problem.room.size()) + 1;
  FlowNetwork network{sink + 1, {}};
  for (int item = 0; item < items; ++item) {
    network.arcs.push_back({0, item + 1, problem.supply[item]});
    for (int o = problem.first_option[item]; o < problem.first_option[item + 1]; ++o) {
      network.arcs.push_back({item + 1, items + 1 + problem.option[o], problem.supply[item]});
    }
  }
  for (std::size_t bin = 0; bin < problem.room.size(); ++bin) {
    network.arcs.push_back({items + 1 + static_cast<int>(bin), sink, problem.room[bin]});
  }
  return max_flow(network, 0, sink).value;
}

Transport random_problem(std::mt19937_64& random) {
  Transport problem;
  const int bins = 1 + static_cast<int>(random() % 6);
  const int items = 1 + static_cast<int>(random() % 12);
  for (int bin = 0; bin < bins; ++bin) problem.room.push_back(static_cast<int>(random() % 9));
  problem.first_option = {0};
  for (int item = 0; item < items; ++item) {
    problem.supply.push_back(static_cast<int>(random() % 5));
    for (int bin = 0; bin < bins; ++bin) {
      if (random() % 2 == 0) problem.option.push_back(bin);
    }
    problem.first_option.push_back(static_cast<int>(problem.option.size()));
  }
  problem.amount.assign(problem.option.size(), 0);
  return problem;
}

TEST_CASE("as much fits as a max-flow says, and it is where it may be") {
  std::mt19937_64 random(41);
  int full = 0;
  for (int round = 0; round < 5000; ++round) {
    Transport problem = random_problem(random);
    const Transport before = problem;
    const Integer expected = most_that_fits(before);
    // Some of it may be there from the start.
    if (round % 2 == 0) {
      for (std::size_t item = 0; item < problem.supply.size(); ++item) {
        for (int o = problem.first_option[item]; o < problem.first_option[item + 1]; ++o) {
          const auto there = std::min(problem.supply[item], problem.room[problem.option[o]]) / 2;
          problem.amount[o] = there;
          problem.supply[item] -= there;
          problem.room[problem.option[o]] -= there;
        }
      }
    }
    CAPTURE(round);
    const bool fits = problem.solve();
    full += fits ? 1 : 0;
    Integer placed = 0;
    std::vector<std::int64_t> room = before.room;
    for (std::size_t item = 0; item < problem.supply.size(); ++item) {
      std::int64_t of_item = 0;
      for (int o = problem.first_option[item]; o < problem.first_option[item + 1]; ++o) {
        CHECK(problem.amount[o] >= 0);
        of_item += problem.amount[o];
        room[problem.option[o]] -= problem.amount[o];
      }
      CHECK(of_item + problem.supply[item] == before.supply[item]);
      placed += of_item;
      CHECK((problem.supply[item] == 0 || !fits));
    }
    CHECK(placed == expected);
    CHECK(room == problem.room);
    for (const std::int64_t left : room) CHECK(left >= 0);
  }
  CHECK(full > 1000);
  CHECK(full < 4500);
}

}  // namespace
}  // namespace pleach
