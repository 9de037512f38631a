// What fewer trees per root would cost.
#pragma once

#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// What so many equal trees per root reach.
struct TreeCount {
  Integer trees_per_root;
  Rational algbw;
  bool operator==(const TreeCount&) const = default;
};

// What 1 … 8, 12, 16, 24, 32, 48 and 64 equal trees per root reach (scale_capacities.hpp), up to
// the first number that reaches the best rate; where none of them does, the list ends with the
// least that does (allreduce: for the half that needs more). A number that is no better than a
// smaller one is left out. allreduce: both halves with that many, in turns
// or with the links divided between them, whichever is faster.
//
// Needs: the machine's `bound`.
// Cost:  one sweep of max-flows for each count and more for each Newton step; allreduce twice.
//        Unbalanced switches: a linear program for some.
[[nodiscard]] std::vector<TreeCount> tree_counts(const Topology& topology, const Bound& bound);

}  // namespace pleach
