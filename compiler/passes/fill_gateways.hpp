// Gives roots further gateways until every rank gets what it lacks.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/passes/plan_gateways.hpp"

namespace pleach {

struct FillProblem {
  std::vector<int> group_of;      // by rank
  std::int64_t most = 0;          // that one root may send to one rank
  std::vector<std::int64_t> out;  // by rank: what it can still send to other groups
  std::vector<std::int64_t> in;   // by rank: what it lacks
  // The ranks of a group in the order in which a root sends to them.
  std::function<std::vector<int>(int root, int group)> order;
};

// Adds to `demands` (at most one for each pair, none above `most`), merged with what they hold.
//
// Method: each root spreads its share over the other groups and goes through each one's ranks in
//         their order, so that among equal groups all sums come out exact. What then finds no place
//         goes along augmenting paths, while these stay few.
// Cost:   roots times ranks, and as much for each of at most 4 N paths.
void fill_gateways(const FillProblem& problem, std::vector<RankDemand>& demands);

}  // namespace pleach
