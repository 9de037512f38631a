// Short ways through all of a few places: local search, the same every time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pleach::baselines {

// What it costs to go from one place to another, at least 0; need not be the same both ways. The
// sum over a whole way must fit 64 bits.
struct StepCosts {
  std::size_t places = 0;
  std::vector<std::int64_t> by_ends;  // by from * places + to
  [[nodiscard]] std::int64_t operator()(int from, int to) const {
    return by_ends[static_cast<std::size_t>(from) * places + static_cast<std::size_t>(to)];
  }
};

[[nodiscard]] std::int64_t way_cost(const std::vector<int>& way, const StepCosts& cost);

// Improves a way between two fixed ends (a closed tour names its start again at the end) by turning
// stretches round (2-opt) and moving up to three neighbours elsewhere (Or-opt), until neither
// helps. Cost: O(places^2) steps for each round; a way costs less after each, and the rounds are
// bounded.
void improve_way(std::vector<int>& way, const StepCosts& cost);

// improve_way, then `rounds` times: two stretches change places, at points that a generator draws
// from `seed`; the result is improved, and kept if it is cheaper.
void search_way(std::vector<int>& way, const StepCosts& cost, int rounds, std::uint64_t seed);

}  // namespace pleach::baselines
