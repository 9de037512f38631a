// How deep the trees of a schedule are.
#pragma once

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

// Heights count hops from GPU to GPU: a route through switches is one hop.
struct TreeHeights {
  int max = 0;
  Rational mean;  // weighted by share: the hops that an average byte makes to its farthest rank
};

// Over the trees of both lists. Needs: a schedule without violations.
[[nodiscard]] TreeHeights tree_heights(const Schedule& schedule);

}  // namespace pleach
