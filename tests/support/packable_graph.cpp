#include "tests/support/packable_graph.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace pleach::testing {
namespace {

int below(std::mt19937_64& random, int limit) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(limit));
}

// By rank; a ring makes sure that all reach all.
std::vector<std::vector<int>> random_neighbours(std::mt19937_64& random,
                                                const PackableShape& shape) {
  std::vector<std::vector<int>> neighbours(shape.ranks);
  for (int rank = 0; rank < shape.ranks; ++rank) {
    std::set<int> heads = {(rank + 1) % shape.ranks};
    for (int i = 1; i < shape.neighbours; ++i) heads.insert(below(random, shape.ranks));
    heads.erase(rank);
    neighbours[rank].assign(heads.begin(), heads.end());
  }
  return neighbours;
}

}  // namespace

SwitchFreeGraph random_packable(std::mt19937_64& random, const PackableShape& shape) {
  const auto neighbours = random_neighbours(random, shape);
  std::map<std::pair<int, int>, Integer> capacity;
  SwitchFreeGraph graph;
  const auto alike = 1 + static_cast<std::int64_t>(random() % shape.most_trees);
  for (int root = 0; root < shape.ranks; ++root) {
    const std::int64_t trees =
        shape.all_alike ? alike : static_cast<std::int64_t>(random() % (shape.most_trees + 1));
    graph.trees.emplace_back(trees);
    for (std::int64_t left = trees; left > 0;) {
      const std::int64_t copies = 1 + static_cast<std::int64_t>(random() % left);
      left -= copies;
      std::vector<bool> reached(shape.ranks);
      reached[root] = true;
      std::vector<std::pair<int, int>> ways;
      for (const int head : neighbours[root]) ways.emplace_back(root, head);
      while (!ways.empty()) {
        std::swap(ways[below(random, static_cast<int>(ways.size()))], ways.back());
        const auto way = ways.back();
        ways.pop_back();
        if (reached[way.second]) continue;
        reached[way.second] = true;
        capacity[way] += copies;
        for (const int head : neighbours[way.second]) ways.emplace_back(way.second, head);
      }
    }
  }
  for (int i = 0; i < shape.spare_edges; ++i) {
    const int tail = below(random, shape.ranks);
    capacity[{tail, neighbours[tail].front()}] += 1;
  }
  for (const auto& [ends, amount] : capacity) {
    graph.edges.push_back({ends.first, ends.second, amount, {}});
  }
  return graph;
}

int height_of(const Forest& forest, const SwitchFreeGraph& graph) {
  int height = 0;
  std::vector<int> depth(graph.trees.size());
  for (const OutTree& tree : forest) {
    depth[tree.root] = 0;
    for (const int edge : tree.edges) {
      const LogicalEdge& step = graph.edges[edge];
      depth[step.head] = depth[step.tail] + 1;
      height = std::max(height, depth[step.head]);
    }
  }
  return height;
}

}  // namespace pleach::testing
