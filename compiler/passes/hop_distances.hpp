// Hop distances from many starts at once, as bits.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/passes/pack_graph.hpp"

namespace pleach {

// Equal trees that leave their root by the same edges. A root all of whose edges carry all of its
// trees is one group.
struct RootGroup {
  int root = 0;
  std::int64_t copies = 0;      // > 0
  std::vector<int> first_hops;  // edges out of the root
};

// Spreads each root's trees over groups, so that no edge out of the root is a first hop of more
// trees than it has capacity. An edge narrower than the root's trees serves a range of them, and
// the ranges follow one another round and round. More than `most_groups` of a root are made fewer
// by rounding the ranges down.
[[nodiscard]] std::vector<RootGroup> root_groups(const PackGraph& graph, int most_groups);

// d_g(y): the least number of edges from the root of group g to rank y by a way that begins with
// one of the group's first hops. 64 groups are one word, and a number is one bit in each of
// `planes` words, so that a comparison for 64 groups takes a few operations.
class HopDistances {
 public:
  // Nothing when some group does not reach some rank.
  // Cost: O(longest distance * edges * groups / 64).
  [[nodiscard]] static std::optional<HopDistances> find(const PackGraph& graph,
                                                        const std::vector<RootGroup>& groups);

  [[nodiscard]] int num_words() const { return num_words_; }
  // Word w of the groups g with d_g(tail) + 1 == d_g(head). Needs: an edge tail -> head.
  [[nodiscard]] std::uint64_t one_apart(int tail, int head, int word) const {
    const std::uint64_t* after = &after_[row(tail, word)];
    const std::uint64_t* at = &at_[row(head, word)];
    std::uint64_t differ = 0;
    for (int plane = 0; plane < used_planes_; ++plane) differ |= after[plane] ^ at[plane];
    return ~differ & valid_[word];
  }

 private:
  HopDistances(int num_ranks, int num_groups);
  [[nodiscard]] std::size_t row(int rank, int word) const {
    return (static_cast<std::size_t>(rank) * num_words_ + word) * num_planes_;
  }
  void set(int rank, int word, std::uint64_t groups, int distance);
  void add_first_hops(const PackGraph& graph,
                      const std::vector<RootGroup>& groups,
                      std::vector<std::uint64_t>& reached);

  int num_words_;
  int num_planes_;
  int used_planes_ = 1;
  std::vector<std::uint64_t> valid_;  // by word: the groups there are
  std::vector<std::uint64_t> at_;     // by rank, word, plane: the bits of d
  std::vector<std::uint64_t> after_;  // the same: the bits of d + 1
};

}  // namespace pleach
