// Node sets that trees must enter sparingly.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/passes/pack_graph.hpp"

namespace pleach {

// A pool of rank sets X and what each has to spare while trees are built one after the other:
//
//   slack(X) = capacity left on the edges into X - trees still to be built at roots outside X
//
// A tree that enters X once takes as much from both. Each entry more costs a unit of slack for
// every copy; a tree rooted in X has entered it by that. Slack never grows, so a set that once had
// little of it stays worth knowing until all trees are built.
class TightSets {
 public:
  explicit TightSets(int num_ranks) : member_(num_ranks) {}

  [[nodiscard]] int size() const { return static_cast<int>(slack_.size()); }
  // A set (by rank) and its slack without the tree that grows.
  void add(const std::vector<bool>& members, std::int64_t slack);
  // Counts every slack anew. Needs: no tree grows.
  void recount(const PackGraph& graph,
               const std::vector<std::int64_t>& capacity,
               const std::vector<std::int64_t>& pending);

  // A tree of so many copies that has its root alone.
  void begin(int root, std::int64_t copies);
  // How many of the copies may take the edge from a rank in the tree to one outside: 0 … copies.
  [[nodiscard]] std::int64_t allowance(int tail, int head) const;
  void add_edge(int tail, int head);
  void reduce(std::int64_t copies);
  // The tree is complete.
  void finish();

 private:
  // The sets that the edge enters, a word of them.
  [[nodiscard]] std::uint64_t entered(int tail, int head, std::size_t word) const {
    return member_[head][word] & ~member_[tail][word];
  }
  void enter(int set);
  void judge(int set);

  std::vector<std::vector<std::uint64_t>> member_;  // by rank: the sets that it is in
  std::vector<std::int64_t> slack_;                 // by set
  // Of the tree that grows.
  int root_ = 0;
  std::int64_t copies_ = 0;
  std::vector<std::pair<int, int>> edges_;  // tail, head
  std::vector<std::int64_t> loss_;          // by set: what a copy costs it so far
  std::vector<std::uint64_t> touched_;      // the sets that the tree has a rank in
  std::vector<std::uint64_t> narrow_;       // those with too little slack for all copies to enter
};

}  // namespace pleach
