// Seeded random switch-free graphs in which every cut holds.
#pragma once

#include <cstdint>
#include <random>

#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach::testing {

struct PackableShape {
  int ranks = 5;
  int neighbours = 3;           // out-edges of each rank that trees may choose from, at least
  std::int64_t most_trees = 3;  // rooted at a rank: 1 … most_trees, or none
  bool all_alike = true;        // the same number at every rank
  int spare_edges = 0;          // raised by one unit beyond what the trees need
};

// The sum of random spanning trees, and spare capacity: without any, every edge is full in every
// packing.
[[nodiscard]] SwitchFreeGraph random_packable(std::mt19937_64& random, const PackableShape& shape);

// Of the tallest tree.
[[nodiscard]] int height_of(const Forest& forest, const SwitchFreeGraph& graph);

}  // namespace pleach::testing
