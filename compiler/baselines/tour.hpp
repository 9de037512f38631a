// Short ways through all of a few places: local search, the same every time.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace pleach::baselines {

// The cost of going from one place to another, at least 0; need not be the same both ways. Sums
// over a whole way must fit 64 bits.
using StepCost = std::function<std::int64_t(int from, int to)>;

[[nodiscard]] std::int64_t way_cost(const std::vector<int>& way, const StepCost& cost);

// Improves a way between two fixed ends (a closed tour names its start again at the end) by turning
// stretches round (2-opt) and moving up to three neighbours elsewhere (Or-opt), until neither
// helps. Cost: O(places^2) steps for each round; a way costs less after each, and the rounds are
// bounded.
void improve_way(std::vector<int>& way, const StepCost& cost);

// improve_way, then `rounds` times: three stretches change places at points that a generator with a
// fixed seed draws, the result is improved, and kept if it is cheaper.
void search_way(std::vector<int>& way, const StepCost& cost, int rounds);

}  // namespace pleach::baselines
