// Spanning out-trees on a switch-free graph.
#pragma once

#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach {

// `multiplicity` equal unit trees, counted once.
struct OutTree {
  int root = 0;            // a rank
  Integer multiplicity;    // > 0
  std::vector<int> edges;  // positions in SwitchFreeGraph::edges, parent before child
  bool operator==(const OutTree&) const = default;
};

using Forest = std::vector<OutTree>;

}  // namespace pleach
