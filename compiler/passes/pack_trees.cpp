#include "compiler/passes/pack_trees.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/graph/supply_flow_solver.hpp"

namespace pleach {
namespace {

class Packer {
 public:
  Packer(const SwitchFreeGraph& graph, const Progress& progress)
      : graph_(graph),
        progress_(progress),
        num_ranks_(static_cast<int>(graph.trees.size())),
        pending_(graph.trees),
        edges_into_(num_ranks_),
        flow_(network(graph)) {
    for (const LogicalEdge& edge : graph.edges) capacity_.push_back(edge.capacity);
    for (int root = 0; root < num_ranks_; ++root) {
      flow_.set_supply(root, pending_[root]);
      pending_sum_ += pending_[root];
    }
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
      edges_into_[graph.edges[i].head].push_back(static_cast<int>(i));
    }
  }

  Forest pack() && {
    Forest forest;
    for (int root = 0; root < num_ranks_; ++root) {
      while (pending_[root].sign() > 0) {
        report(progress_, {"packing trees, root", root, num_ranks_});
        forest.push_back(grow(root));
      }
    }
    return forest;
  }

 private:
  struct Choice {
    int edge = 0;
    Integer copies;
  };

  static FlowNetwork network(const SwitchFreeGraph& graph) {
    FlowNetwork network{static_cast<int>(graph.trees.size()), {}};
    for (const LogicalEdge& edge : graph.edges) {
      network.arcs.push_back({edge.tail, edge.head, edge.capacity});
    }
    return network;
  }

  void set_pending(int root, const Integer& trees) {
    pending_sum_ += trees - pending_[root];
    pending_[root] = trees;
    flow_.set_supply(root, trees);
  }

  void use(int edge, const Integer& copies) {
    capacity_[edge] -= copies;
    flow_.set_capacity(edge, capacity_[edge]);
  }

  // How many of the growing tree's `copies` can take the edge.
  Integer allowance(int edge, const Integer& copies) {
    const auto& [tail, head, capacity, pieces] = graph_.edges[edge];
    const Integer wanted = std::min(copies, capacity_[edge]);
    if (wanted.sign() == 0) return 0;
    flow_.set_unlimited(tail, true);
    const Integer flow = flow_.into(head, pending_sum_ + wanted);
    flow_.set_unlimited(tail, false);
    ENSURE(flow >= pending_sum_, "a cut was broken");
    return flow - pending_sum_;
  }

  // The best way to reach one more node from the tree's nodes at `depth`: the first edge that takes
  // all copies, else the one that takes most.
  std::optional<Choice> best_choice(const std::vector<int>& depth_of,
                                    int depth,
                                    int head,
                                    const Integer& copies,
                                    std::vector<bool>& refused) {
    std::optional<Choice> best;
    std::vector<int> candidates;
    for (const int edge : edges_into_[head]) {
      if (depth_of[graph_.edges[edge].tail] == depth && !refused[edge]) candidates.push_back(edge);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](int a, int b) { return capacity_[a] > capacity_[b]; });
    for (const int edge : candidates) {
      const Integer allowed = allowance(edge, copies);
      if (allowed.sign() == 0) refused[edge] = true;  // slack only falls while this tree grows
      if (allowed.sign() > 0 && (!best || allowed > best->copies)) best = Choice{edge, allowed};
      if (best && best->copies == copies) break;
    }
    return best;
  }

  OutTree grow(int root) {
    OutTree tree{root, pending_[root], {}};
    set_pending(root, 0);
    std::vector<int> depth_of(num_ranks_, -1);
    depth_of[root] = 0;
    std::vector<bool> refused(graph_.edges.size());
    int missing = num_ranks_ - 1;
    for (int depth = 0; missing > 0; ++depth) {
      ENSURE(depth < num_ranks_, "no edge can be added to a tree");
      for (const bool partly : {false, true}) {
        for (int step = 1; step < num_ranks_; ++step) {
          const int head = (root + step) % num_ranks_;
          if (depth_of[head] >= 0) continue;
          const auto choice = best_choice(depth_of, depth, head, tree.multiplicity, refused);
          if (!choice || (choice->copies < tree.multiplicity && !partly)) continue;
          reduce(tree, choice->copies);
          tree.edges.push_back(choice->edge);
          use(choice->edge, tree.multiplicity);
          depth_of[head] = depth + 1;
          --missing;
        }
      }
    }
    return tree;
  }

  // Sends all but `copies` of the tree's copies back to its root.
  void reduce(OutTree& tree, const Integer& copies) {
    if (copies == tree.multiplicity) return;
    const Integer returned = tree.multiplicity - copies;
    for (const int edge : tree.edges) use(edge, -returned);
    set_pending(tree.root, pending_[tree.root] + returned);
    tree.multiplicity = copies;
  }

  const SwitchFreeGraph& graph_;
  const Progress& progress_;
  int num_ranks_;
  std::vector<Integer> pending_;  // by root: unit trees still to be built
  Integer pending_sum_;
  std::vector<Integer> capacity_;  // by edge: what is left
  std::vector<std::vector<int>> edges_into_;
  SupplyFlowSolver flow_;
};

}  // namespace

Forest pack_trees(const SwitchFreeGraph& graph, const Progress& progress) {
  return Packer(graph, progress).pack();
}

}  // namespace pleach
