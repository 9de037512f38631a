// The order of boxes and lone GPUs in a row. Internal to the layout of bars.
#pragma once

#include <vector>

#include "compiler/view/clusters.hpp"

namespace pleach::view {

// Positions in Clusters::list from left to right: the order of the file, unless a few sweeps of the
// barycentre method bring the clusters of each switch much closer together (by a quarter and more).
// Cost: O(pairs * log).
[[nodiscard]] std::vector<int> order_clusters(const Clusters& clusters,
                                              const std::vector<LinkPair>& pairs);

}  // namespace pleach::view
