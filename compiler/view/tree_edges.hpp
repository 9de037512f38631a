// One tree of a schedule, with the depth of each edge.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/schedule.hpp"

namespace pleach::view {

struct TreeEdge {
  int route = 0;  // position in Schedule::routes
  int depth = 0;  // of the end that is farther from the root, in hops from GPU to GPU: 1, 2, …
  bool operator==(const TreeEdge&) const = default;
};

struct TreeEdges {
  int root = 0;                      // a rank
  Rational share = {};               // of the whole buffer
  bool gathers = false;              // data flows to the root: a reduce tree
  int height = 0;                    // the largest depth
  std::vector<TreeEdge> edges = {};  // by depth, then as the schedule lists them
  std::vector<int> depth = {};       // by node: 0 for the root, -1 for what is no rank
};

// `position` counts the broadcast trees first, then the reduce trees.
// Needs: position < number of trees, a schedule without violations.
[[nodiscard]] TreeEdges tree_edges(const Schedule& schedule, std::size_t position);

// The position of the tree number `ordinal` (from 0) among those of one root; nothing when that
// root has no so many.
[[nodiscard]] std::optional<std::size_t> find_tree(const Schedule& schedule,
                                                   int root,
                                                   std::size_t ordinal);
[[nodiscard]] std::size_t count_trees(const Schedule& schedule);

}  // namespace pleach::view
