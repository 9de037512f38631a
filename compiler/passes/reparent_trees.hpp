// Gives ranks of finished trees other parents.
//
// In a spanning tree any rank y may change its parent to any rank outside its own subtree: the tree
// stays spanning. So with all other ranks left alone, the parents of y in all trees are one
// transportation problem: a tree may use an edge x -> y if x is not below y in it.
//
// Place: after pack_shortest_paths, whose trees may ask too much of some edges, and after
//        pack_batches, whose last trees are tall.
#pragma once

#include <vector>

#include "compiler/passes/pack_graph.hpp"

namespace pleach {

// Trees in a form that is quick to walk and to change.
class ReparentedTrees {
 public:
  // Needs: spanning trees.
  ReparentedTrees(const PackGraph& graph, const std::vector<ParentTree>& trees);

  // Solves the problem of each of these ranks, the trees growing as little as possible; says
  // whether all have a solution, and stops at the first that has none. Trees may come apart into
  // several of fewer copies.
  // Cost: O(trees * edges into the rank) for each problem, and its augmenting paths.
  bool fit(const std::vector<int>& overfull);

  // Moves trees to edges with room and swaps the edges of pairs of trees, wherever ranks that are
  // more than `target` edges from their root come nearer to that, the tallest trees first. No tree
  // becomes taller than the tallest, no load rises above a capacity. Adds at most `most_new_trees`.
  // Cost: O(trees * edges) a round; ends when the tallest trees can not be changed, or after
  //       `most_looks` looks at one edge for one tree.
  void lower(int target, std::size_t most_new_trees, std::int64_t most_looks);

  [[nodiscard]] std::size_t size() const { return trees_.size(); }
  // Of the tallest tree.
  [[nodiscard]] int height() const;
  [[nodiscard]] std::vector<ParentTree> take() &&;

 private:
  // By rank. Children are a list: the first of a rank, and each one's next sibling; -1 ends it.
  struct Tree {
    int root = 0;
    std::int64_t copies = 0;
    std::vector<int> edge_into;
    std::vector<int> depth;
    std::vector<int> first_child;
    std::vector<int> next_sibling;
  };
  // The cheapest tree to move from one edge into a rank to another.
  struct Move {
    std::int64_t cost = 0;  // of a copy; below 0 where it gains
    int tree = -1;
  };
  // Between two edges into a rank: a move there, and one back where the first edge needs room.
  struct Exchange {
    std::int64_t cost = 0;
    int from = 0;  // edges
    int to = 0;
    int there = 0;  // trees
    int back = -1;
  };

  void list_subtree(const Tree& tree, int rank);
  void set_parent(Tree& tree, int rank, int edge);
  std::size_t split(std::size_t tree, std::int64_t copies);
  bool fit(int rank, int most_deeper);
  [[nodiscard]] std::int64_t weight_of(int depth) const;
  bool is_deep_below(const Tree& tree, int rank);
  bool lower_rank(int rank, std::size_t& most_new_trees);
  template <class Visit>
  void price_moves(int tree, int rank, const std::vector<int>& edges, Visit visit);
  std::vector<Exchange> find_exchanges(int rank);
  bool apply(const Exchange& exchange, int rank, std::size_t& most_new_trees);

  const PackGraph* graph_;
  std::vector<Tree> trees_;
  std::vector<std::int64_t> room_;  // by edge: may be below 0
  std::vector<int> bin_of_;         // by edge: its place among those into its head
  std::vector<int> subtree_;        // the last one listed
  std::vector<char> below_;         // by rank: in it
  // Of lower().
  int target_ = 0;
  int tallest_ = 0;
  int focus_ = 0;  // only trees with ranks deeper than this make a move
  std::int64_t looks_left_ = 0;
};

}  // namespace pleach
