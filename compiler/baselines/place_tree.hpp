// One of the two binary trees over a row of places (Sanders, Speck, Träff 2009), as NCCL lays them
// over nodes.
#pragma once

#include <vector>

#include "compiler/baselines/outline.hpp"

namespace pleach::baselines {

struct PlaceTree {
  int root = 0;             // a place
  std::vector<Edge> edges;  // places, parent before child
};

// The tree over the places 0 … size-1 in which only odd places have children; shifted by one place,
// only even ones have. Needs: size >= 1.
[[nodiscard]] PlaceTree place_tree(int size, bool shifted);

}  // namespace pleach::baselines
