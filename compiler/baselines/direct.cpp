// Every root sends to every other rank.
#include <string>

#include "compiler/baselines/algorithms.hpp"

namespace pleach::baselines {
namespace {

constexpr int kMostRanks = 512;  // a route for every pair of them

}  // namespace

Outline direct(const Direction& direction) {
  if (direction.num_ranks() > kMostRanks) {
    return refuse("more than " + std::to_string(kMostRanks) + " GPUs");
  }
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
