#include "compiler/passes/reparent_trees.hpp"

#include <algorithm>
#include <utility>

#include "compiler/passes/transport.hpp"

namespace pleach {
ReparentedTrees::ReparentedTrees(const PackGraph& graph, const std::vector<ParentTree>& trees)
    : graph_(&graph),
      room_(graph.capacity),
      bin_of_(graph.capacity.size()),
      below_(graph.num_ranks) {
  for (int rank = 0; rank < graph.num_ranks; ++rank) {
    const int first = graph.first_into[rank];
    for (int i = first; i < graph.first_into[rank + 1]; ++i)
      bin_of_[graph.edges_into[i]] = i - first;
  }
  for (const ParentTree& parents : trees) {
    Tree tree{parents.root,
              parents.copies,
              parents.edge_into,
              std::vector<int>(graph.num_ranks, 0),
              std::vector<int>(graph.num_ranks, -1),
              std::vector<int>(graph.num_ranks, -1)};
    for (int rank = graph.num_ranks - 1; rank >= 0; --rank) {
      if (rank == tree.root) continue;
      const int edge = tree.edge_into[rank];
      room_[edge] -= tree.copies;
      tree.next_sibling[rank] = std::exchange(tree.first_child[graph.tail[edge]], rank);
    }
    list_subtree(tree, tree.root);
    for (const int rank : subtree_) {
      if (rank != tree.root) tree.depth[rank] = tree.depth[graph.tail[tree.edge_into[rank]]] + 1;
    }
    trees_.push_back(std::move(tree));
  }
}

std::vector<ParentTree> ReparentedTrees::take() && {
  std::vector<ParentTree> result;
  for (Tree& tree : trees_) result.push_back({tree.root, tree.copies, std::move(tree.edge_into)});
  return result;
}

// Parents before children.
void ReparentedTrees::list_subtree(const Tree& tree, int rank) {
  subtree_.assign(1, rank);
  for (std::size_t i = 0; i < subtree_.size(); ++i) {
    for (int child = tree.first_child[subtree_[i]]; child >= 0; child = tree.next_sibling[child]) {
      subtree_.push_back(child);
    }
  }
}

void ReparentedTrees::set_parent(Tree& tree, int rank, int edge) {
  const int old_parent = graph_->tail[tree.edge_into[rank]];
  const int parent = graph_->tail[edge];
  int* link = &tree.first_child[old_parent];
  while (*link != rank) link = &tree.next_sibling[*link];
  *link = tree.next_sibling[rank];
  tree.next_sibling[rank] = std::exchange(tree.first_child[parent], rank);
  room_[tree.edge_into[rank]] += tree.copies;
  room_[edge] -= tree.copies;
  tree.edge_into[rank] = edge;
  const int deeper = tree.depth[parent] + 1 - tree.depth[rank];
  if (deeper == 0) return;
  list_subtree(tree, rank);
  for (const int moved : subtree_) tree.depth[moved] += deeper;
}

// Takes so many copies out of the tree; gives the tree of these.
std::size_t ReparentedTrees::split(std::size_t tree, std::int64_t copies) {
  Tree part = trees_[tree];
  part.copies = copies;
  trees_[tree].copies -= copies;
  trees_.push_back(std::move(part));
  return trees_.size() - 1;
}

bool ReparentedTrees::fit(const std::vector<int>& overfull) {
  return std::all_of(overfull.begin(), overfull.end(), [&](int rank) {
    return fit(rank, 0) || fit(rank, 1) || fit(rank, graph_->num_ranks);
  });
}

// Items are trees, bins the edges into the rank. Trees stay where they are as far as that fits.
bool ReparentedTrees::fit(int rank, int most_deeper) {
  const int first = graph_->first_into[rank];
  const int num_bins = graph_->first_into[rank + 1] - first;
  Transport problem;
  problem.first_option = {0};
  for (int bin = 0; bin < num_bins; ++bin) {
    problem.room.push_back(graph_->capacity[graph_->edges_into[first + bin]]);
  }
  for (const Tree& tree : trees_) {
    problem.supply.push_back(tree.root == rank ? 0 : tree.copies);
    if (tree.root != rank) {
      list_subtree(tree, rank);
      for (const int below : subtree_) below_[below] = 1;
      const int current = bin_of_[tree.edge_into[rank]];
      for (int bin = 0; bin < num_bins; ++bin) {
        const int parent = graph_->tail[graph_->edges_into[first + bin]];
        if (below_[parent] != 0) continue;
        if (bin != current && tree.depth[parent] + 1 - tree.depth[rank] > most_deeper) continue;
        std::int64_t stays = 0;
        if (bin == current) stays = std::min(problem.supply.back(), problem.room[bin]);
        problem.option.push_back(bin);
        problem.amount.push_back(stays);
        problem.supply.back() -= stays;
        problem.room[bin] -= stays;
      }
      for (const int below : subtree_) below_[below] = 0;
    }
    problem.first_option.push_back(static_cast<int>(problem.option.size()));
  }
  const bool fits = problem.solve();
  const std::size_t num_trees = trees_.size();
  for (std::size_t i = 0; i < num_trees; ++i) {
    for (int o = problem.first_option[i]; o < problem.first_option[i + 1]; ++o) {
      const int edge = graph_->edges_into[first + problem.option[o]];
      const std::int64_t amount = problem.amount[o];
      if (amount == 0 || edge == trees_[i].edge_into[rank]) continue;
      const std::size_t part = amount == trees_[i].copies ? i : split(i, amount);
      set_parent(trees_[part], rank, edge);
    }
  }
  return fits;
}

int ReparentedTrees::height() const {
  int height = 0;
  for (const Tree& tree : trees_) {
    height = std::max(height, *std::max_element(tree.depth.begin(), tree.depth.end()));
  }
  return height;
}

void ReparentedTrees::lower(int target, std::size_t most_new_trees, std::int64_t most_looks) {
  target_ = target;
  looks_left_ = most_looks;
  for (;;) {
    tallest_ = height();
    if (tallest_ <= target || looks_left_ <= 0) return;
    focus_ = (tallest_ + target) / 2;
    bool moved = false;
    for (int rank = 0; rank < graph_->num_ranks && looks_left_ > 0; ++rank) {
      moved = lower_rank(rank, most_new_trees) || moved;
    }
    if (!moved) return;
  }
}

// What it costs that a rank is so deep.
std::int64_t ReparentedTrees::weight_of(int depth) const {
  const std::int64_t excess = std::max(0, depth - target_);
  return excess * excess * excess;
}

bool ReparentedTrees::is_deep_below(const Tree& tree, int rank) {
  if (tree.first_child[rank] < 0) return tree.depth[rank] > focus_;
  list_subtree(tree, rank);
  return tree.depth[subtree_.back()] > focus_;  // the last is the deepest
}

bool ReparentedTrees::lower_rank(int rank, std::size_t& most_new_trees) {
  constexpr int kMostTries = 4;
  bool moved = false;
  for (int i = 0; i < kMostTries; ++i) {
    std::vector<Exchange> exchanges = find_exchanges(rank);
    std::stable_sort(exchanges.begin(), exchanges.end(),
                     [](const Exchange& a, const Exchange& b) { return a.cost < b.cost; });
    std::vector<bool> used(graph_->first_into[rank + 1] - graph_->first_into[rank]);
    bool again = false;
    for (const Exchange& exchange : exchanges) {
      if (used[bin_of_[exchange.from]] || used[bin_of_[exchange.to]]) continue;
      if (!apply(exchange, rank, most_new_trees)) continue;
      used[bin_of_[exchange.from]] = used[bin_of_[exchange.to]] = true;
      again = true;
    }
    if (!again) break;
    moved = true;
  }
  return moved;
}

// Calls visit(i, cost) for each of the edges into the rank that the tree could use.
template <class Visit>
void ReparentedTrees::price_moves(int number,
                                  int rank,
                                  const std::vector<int>& edges,
                                  Visit visit) {
  const Tree& tree = trees_[number];
  looks_left_ -= static_cast<std::int64_t>(edges.size());
  list_subtree(tree, rank);
  for (const int below : subtree_) below_[below] = 1;
  // The last is the deepest; no tree becomes taller than the tallest.
  const int deepest_parent = tallest_ - (tree.depth[subtree_.back()] - tree.depth[rank]) - 1;
  int last_depth = -1;
  std::int64_t cost = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const int parent = graph_->tail[edges[i]];
    if (below_[parent] != 0 || tree.depth[parent] > deepest_parent) continue;
    if (tree.depth[parent] != last_depth) {
      last_depth = tree.depth[parent];
      const int deeper = last_depth + 1 - tree.depth[rank];
      cost = 0;
      for (const int below : subtree_) {
        cost += weight_of(tree.depth[below] + deeper) - weight_of(tree.depth[below]);
      }
    }
    visit(i, cost);
  }
  for (const int below : subtree_) below_[below] = 0;
}

// All that gain, the best for each pair of edges.
std::vector<ReparentedTrees::Exchange> ReparentedTrees::find_exchanges(int rank) {
  const std::vector<int> edges(graph_->edges_into.begin() + graph_->first_into[rank],
                               graph_->edges_into.begin() + graph_->first_into[rank + 1]);
  const std::size_t num_bins = edges.size();
  std::vector<std::vector<int>> deep(num_bins);  // by bin: trees
  std::vector<int> from;                         // edges of deep trees
  for (std::size_t i = 0; i < trees_.size(); ++i) {
    if (trees_[i].root == rank || !is_deep_below(trees_[i], rank)) continue;
    auto& trees = deep[bin_of_[trees_[i].edge_into[rank]]];
    if (trees.empty()) from.push_back(trees_[i].edge_into[rank]);
    trees.push_back(static_cast<int>(i));
  }
  if (from.empty()) return {};
  const auto keep_best = [](Move& best, std::int64_t cost, int tree) {
    if (best.tree < 0 || cost < best.cost) best = {cost, tree};
  };
  std::vector<Move> there(from.size() * num_bins);  // from the edges of deep trees to any
  for (std::size_t f = 0; f < from.size(); ++f) {
    for (const int tree : deep[bin_of_[from[f]]]) {
      price_moves(tree, rank, edges, [&](std::size_t bin, std::int64_t cost) {
        keep_best(there[f * num_bins + bin], cost, tree);
      });
    }
  }
  std::vector<Move> back(there.size());  // and from any to those
  for (std::size_t i = 0; i < trees_.size(); ++i) {
    if (trees_[i].root == rank) continue;
    const int bin = bin_of_[trees_[i].edge_into[rank]];
    price_moves(static_cast<int>(i), rank, from, [&](std::size_t f, std::int64_t cost) {
      keep_best(back[f * num_bins + bin], cost, static_cast<int>(i));
    });
  }
  std::vector<Exchange> gains;
  for (std::size_t f = 0; f < from.size(); ++f) {
    for (std::size_t bin = 0; bin < num_bins; ++bin) {
      const Move& move = there[f * num_bins + bin];
      const Move& other = back[f * num_bins + bin];
      if (move.tree < 0 || edges[bin] == from[f]) continue;
      if (move.cost < 0 && room_[edges[bin]] > 0) {
        gains.push_back({move.cost, from[f], edges[bin], move.tree, -1});
      }
      if (other.tree >= 0 && move.cost + other.cost < 0) {
        gains.push_back({move.cost + other.cost, from[f], edges[bin], move.tree, other.tree});
      }
    }
  }
  return gains;
}

// Says whether it could be done with so few new trees.
bool ReparentedTrees::apply(const Exchange& exchange, int rank, std::size_t& most_new_trees) {
  const std::int64_t most = exchange.back < 0 ? room_[exchange.to] : trees_[exchange.back].copies;
  const std::int64_t copies = std::min(trees_[exchange.there].copies, most);
  std::size_t there = exchange.there;
  std::size_t back = exchange.back < 0 ? there : exchange.back;
  const std::size_t splits =
      static_cast<std::size_t>(trees_[there].copies > copies) +
      static_cast<std::size_t>(back != there && trees_[back].copies > copies);
  if (splits > most_new_trees) return false;
  most_new_trees -= splits;
  if (back != there) {
    if (trees_[back].copies > copies) back = split(back, copies);
    set_parent(trees_[back], rank, exchange.from);
  }
  if (trees_[there].copies > copies) there = split(there, copies);
  set_parent(trees_[there], rank, exchange.to);
  return true;
}

}  // namespace pleach
