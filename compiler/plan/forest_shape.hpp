// The trees of a schedule as parents and children among ranks, checked as far as lowering needs it.
#pragma once

#include <span>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

// One spanning tree. `order` holds every rank once, the root first and parents before children;
// children are in file order, which in a reduce tree is the order of reduction.
struct TreeShape {
  int root = 0;
  std::vector<int> order;
  std::vector<int> parent;       // for each rank; -1 at the root
  std::vector<int> child_begin;  // ranks + 1 positions in child_list
  std::vector<int> child_list;

  [[nodiscard]] std::span<const int> children(int rank) const {
    const auto begin = child_begin.begin() + rank;
    return {child_list.data() + *begin, child_list.data() + *(begin + 1)};
  }
};

struct ForestShape {
  std::vector<TreeShape> reduce_trees;  // position by position those of the schedule
  std::vector<TreeShape> broadcast_trees;
};

// Errors: a Diagnostic with a JSON pointer for each list that the collective must or must not have,
//         each tree that does not span the ranks in a usable order, and shares that do not add up
//         for a root or the whole; past 20 one more that counts the rest.
// Cost:   linear in the schedule.
[[nodiscard]] Result<ForestShape> shape_of(const Schedule& schedule);

}  // namespace pleach
