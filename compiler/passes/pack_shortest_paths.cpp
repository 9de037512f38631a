#include "compiler/passes/pack_shortest_paths.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/graph/max_flow.hpp"

namespace pleach {
namespace {

// How many of a root's trees enter a rank by an edge.
struct Part {
  int edge = 0;
  Integer copies;
};

using Parts = std::vector<std::vector<Part>>;  // for one rank: by root

class ShortestPathPacker {
 public:
  explicit ShortestPathPacker(const SwitchFreeGraph& graph)
      : graph_(graph), num_ranks_(static_cast<int>(graph.trees.size())), edges_into_(num_ranks_) {
    std::vector<std::vector<int>> heads(num_ranks_);
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
      heads[graph.edges[i].tail].push_back(graph.edges[i].head);
      edges_into_[graph.edges[i].head].push_back(static_cast<int>(i));
    }
    for (int root = 0; root < num_ranks_; ++root) distance_.push_back(distances(heads, root));
  }

  std::optional<Forest> pack() {
    std::vector<Parts> parts;  // by rank
    for (int rank = 0; rank < num_ranks_; ++rank) {
      auto solution = transport(rank);
      if (!solution) return std::nullopt;
      parts.push_back(std::move(*solution));
    }
    Forest forest;
    for (int root = 0; root < num_ranks_; ++root) add_trees(root, parts, forest);
    return forest;
  }

 private:
  static std::vector<int> distances(const std::vector<std::vector<int>>& heads, int root) {
    std::vector<int> distance(heads.size(), -1);
    distance[root] = 0;
    std::queue<int> frontier({root});
    for (; !frontier.empty(); frontier.pop()) {
      for (const int head : heads[frontier.front()]) {
        if (distance[head] >= 0) continue;
        distance[head] = distance[frontier.front()] + 1;
        frontier.push(head);
      }
    }
    return distance;
  }

  // source -> roots -> edges into `rank` -> sink.
  [[nodiscard]] std::optional<Parts> transport(int rank) const {
    const auto& edges = edges_into_[rank];
    const int source = num_ranks_ + static_cast<int>(edges.size());
    const int sink = source + 1;
    FlowNetwork network{sink + 1, {}};
    Integer demand = 0;
    for (int root = 0; root < num_ranks_; ++root) {
      if (root == rank || graph_.trees[root].sign() == 0) continue;
      network.arcs.push_back({source, root, graph_.trees[root]});
      demand += graph_.trees[root];
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
      network.arcs.push_back(
          {num_ranks_ + static_cast<int>(i), sink, graph_.edges[edges[i]].capacity});
    }
    const std::size_t first_choice = network.arcs.size();
    for (int root = 0; root < num_ranks_; ++root) {
      if (root == rank) continue;
      const auto& distance = distance_[root];
      for (std::size_t i = 0; i < edges.size(); ++i) {
        const int parent = graph_.edges[edges[i]].tail;
        if (distance[parent] < 0 || distance[parent] + 1 != distance[rank]) continue;
        network.arcs.push_back({root, num_ranks_ + static_cast<int>(i), graph_.trees[root]});
      }
    }
    const std::vector<Integer> flows = MaxFlowSolver(network).arc_flows(source, sink);
    Parts parts(num_ranks_);
    for (std::size_t arc = first_choice; arc < flows.size(); ++arc) {
      if (flows[arc].sign() == 0) continue;
      const auto& [root, bin, capacity] = network.arcs[arc];
      parts[root].push_back({edges[bin - num_ranks_], flows[arc]});
      demand -= flows[arc];
    }
    if (demand.sign() > 0) return std::nullopt;
    return parts;
  }

  // Cuts the root's trees wherever some rank changes its parent.
  void add_trees(int root, std::vector<Parts>& parts, Forest& forest) const {
    std::vector<int> order(num_ranks_);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return distance_[root][a] < distance_[root][b]; });
    std::vector<std::size_t> next(num_ranks_);  // by rank: its current part
    for (Integer left = graph_.trees[root]; left.sign() > 0;) {
      OutTree tree{root, left, {}};
      for (const int rank : order) {
        if (rank == root) continue;
        const Part& part = parts[rank][root][next[rank]];
        tree.multiplicity = std::min(tree.multiplicity, part.copies);
        tree.edges.push_back(part.edge);
      }
      for (const int rank : order) {
        if (rank == root) continue;
        Part& part = parts[rank][root][next[rank]];
        part.copies -= tree.multiplicity;
        if (part.copies.sign() == 0) ++next[rank];
      }
      left -= tree.multiplicity;
      forest.push_back(std::move(tree));
    }
  }

  const SwitchFreeGraph& graph_;
  int num_ranks_;
  std::vector<std::vector<int>> edges_into_;
  std::vector<std::vector<int>> distance_;  // by root, by rank; -1 where there is no way
};

}  // namespace

std::optional<Forest> pack_shortest_paths(const SwitchFreeGraph& graph) {
  return ShortestPathPacker(graph).pack();
}

}  // namespace pleach
