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
  // Whether the root can send to the rank: whether it is in that order.
  std::function<bool(int root, int rank)> reaches;
};

// Adds to `demands` (at most one for each pair, none above `most`), merged with what they hold.
//
// Method: each root spreads its share over the other groups and goes through each one's ranks in
//         their order, so that among equal groups all sums come out exact. What then finds no place
//         goes along augmenting paths, while these stay few.
// Cost:   roots times ranks; and for each of at most 4 N paths, and once more where some do not
//         succeed, as much times the logarithm of the gateways that a root has.
void fill_gateways(const FillProblem& problem,
                   std::vector<RankDemand>& demands,
                   const Progress& progress = {});

}  // namespace pleach
