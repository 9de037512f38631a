#include "compiler/passes/pack_graph.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// Leaves room for sums of a few such numbers.
constexpr std::int64_t kLargest = std::int64_t{1} << 60;

bool is_small_enough(const SwitchFreeGraph& graph) {
  Integer capacity = 0;
  for (const LogicalEdge& edge : graph.edges) capacity += edge.capacity;
  Integer trees = 0;
  for (const Integer& rooted : graph.trees) trees += rooted;
  trees *= static_cast<std::int64_t>(graph.trees.size() + 1);
  return capacity <= kLargest && trees <= kLargest;
}

// Counts of something by rank, to where each rank's begin.
void sum_up(std::vector<int>& first) {
  std::partial_sum(first.begin(), first.end(), first.begin());
}

// The depth of every rank; walks up from each to the first whose depth is known.
void find_depths(const PackGraph& graph, const ParentTree& tree, std::vector<int>& depth) {
  std::fill(depth.begin(), depth.end(), -1);
  depth[tree.root] = 0;
  std::vector<int> path;
  for (int rank = 0; rank < graph.num_ranks; ++rank) {
    int at = rank;
    for (; depth[at] < 0; at = graph.tail[tree.edge_into[at]]) {
      path.push_back(at);
      ENSURE(static_cast<int>(path.size()) < graph.num_ranks, "a tree that does not span");
    }
    for (int above = depth[at]; !path.empty(); path.pop_back()) depth[path.back()] = ++above;
  }
}

}  // namespace

std::optional<PackGraph> pack_graph(const SwitchFreeGraph& graph) {
  if (!is_small_enough(graph)) return std::nullopt;
  PackGraph result;
  result.num_ranks = static_cast<int>(graph.trees.size());
  for (const Integer& trees : graph.trees) {
    result.trees.push_back(trees.int64());
    result.all_trees += trees.int64();
  }
  result.first_out.assign(result.num_ranks + 1, 0);
  result.first_into.assign(result.num_ranks + 1, 0);
  for (const LogicalEdge& edge : graph.edges) {
    result.tail.push_back(edge.tail);
    result.head.push_back(edge.head);
    result.capacity.push_back(edge.capacity.int64());
    ++result.first_out[edge.tail + 1];
    ++result.first_into[edge.head + 1];
  }
  sum_up(result.first_out);
  sum_up(result.first_into);
  result.edges_into.resize(graph.edges.size());
  std::vector<int> next = result.first_into;
  for (std::size_t edge = 0; edge < graph.edges.size(); ++edge) {
    result.edges_into[next[result.head[edge]]++] = static_cast<int>(edge);
  }
  return result;
}

Forest forest_of(const PackGraph& graph, const std::vector<ParentTree>& trees) {
  Forest forest;
  forest.reserve(trees.size());
  std::vector<int> depth(graph.num_ranks);
  std::vector<int> first(graph.num_ranks + 1);
  for (const ParentTree& tree : trees) {
    find_depths(graph, tree, depth);
    std::fill(first.begin(), first.end(), 0);
    for (const int at : depth) ++first[at];  // of depth d, where those of d + 1 begin after sum_up
    sum_up(first);
    OutTree out{tree.root, tree.copies, std::vector<int>(graph.num_ranks - 1)};
    for (int rank = graph.num_ranks - 1; rank >= 0; --rank) {
      if (rank != tree.root) out.edges[--first[depth[rank]] - 1] = tree.edge_into[rank];
    }
    forest.push_back(std::move(out));
  }
  return forest;
}

}  // namespace pleach
