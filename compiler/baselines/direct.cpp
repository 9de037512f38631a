// Every root sends to every other rank.
#include "compiler/baselines/algorithms.hpp"

namespace pleach::baselines {

Outline direct(const Direction& direction) {
  OutlineWriter writer(direction);
  for (int root = 0; root < direction.num_ranks(); ++root) {
    if (has_root(direction.collective) && root != direction.root) continue;
    std::vector<Edge> edges;
    // Each root starts with its neighbour, so that equal routes are not taken in the same order.
    for (int i = 1; i < direction.num_ranks(); ++i) {
      edges.push_back({root, (root + i) % direction.num_ranks()});
    }
    writer.add_tree(root, edges);
  }
  return std::move(writer).take();
}

}  // namespace pleach::baselines
