// The switch-free graph as the packing passes walk it, and trees as they change them: 64-bit
// numbers in flat arrays.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

// Edges keep their numbers. They are sorted by (tail, head), so those out of a rank are a range.
struct PackGraph {
  int num_ranks = 0;
  std::vector<std::int64_t> trees;     // by rank
  std::int64_t all_trees = 0;          // their sum
  std::vector<int> tail;               // by edge
  std::vector<int> head;               // by edge
  std::vector<std::int64_t> capacity;  // by edge
  std::vector<int> first_out;          // the edges out of x: first_out[x] … first_out[x + 1] - 1
  std::vector<int> first_into;         // those into y are edges_into[first_into[y]] …
  std::vector<int> edges_into;         // … edges_into[first_into[y + 1] - 1], by tail
};

// Nothing when the numbers are too great for sums of all capacities, or of all trees at every rank,
// to stay far inside 64 bits.
[[nodiscard]] std::optional<PackGraph> pack_graph(const SwitchFreeGraph& graph);

// `copies` equal trees, by the edge through which each rank is entered: -1 at the root.
struct ParentTree {
  int root = 0;
  std::int64_t copies = 0;  // > 0
  std::vector<int> edge_into;
  bool operator==(const ParentTree&) const = default;
};

// The same trees with parents before children: by depth, then by rank.
// Needs: every tree spans. Cost: O(ranks) a tree.
[[nodiscard]] Forest forest_of(const PackGraph& graph, const std::vector<ParentTree>& trees);

}  // namespace pleach
