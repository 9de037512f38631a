#include "compiler/passes/pack_shortest_paths.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "compiler/passes/hop_distances.hpp"
#include "compiler/passes/transport.hpp"

namespace pleach {
namespace {

// More groups of one root cost more time than they save.
constexpr int kMostGroupsOfARoot = 64;

// How many of a group's trees enter a rank by an edge.
struct Part {
  int edge = 0;
  std::int64_t copies = 0;
};

// A rank that a group's trees enter by more than one edge.
struct Fork {
  int rank = 0;
  std::vector<Part> parts;
};

class ShortestPathPacker {
 public:
  ShortestPathPacker(const PackGraph& graph,
                     const std::vector<RootGroup>& groups,
                     const HopDistances& distances)
      : graph_(graph), groups_(groups), distances_(distances), forks_(groups.size()) {
    for (const RootGroup& group : groups) {
      trees_.push_back({group.root, group.copies, std::vector<int>(graph.num_ranks, -1)});
    }
  }

  LowTrees pack() {
    LowTrees result;
    for (int rank = 0; rank < graph_.num_ranks; ++rank) {
      list_choices(rank);
      if (!problem_.solve()) {
        overfill();
        result.overfull.push_back(rank);
      }
      keep_choices(rank);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) cut_at_forks(g, result.trees);
    return result;
  }

 private:
  // The transportation problem of a rank: items are groups, bins the edges into the rank.
  void list_choices(int rank) {
    const int first = graph_.first_into[rank];
    const int num_bins = graph_.first_into[rank + 1] - first;
    const int num_words = distances_.num_words();
    problem_.first_option.assign(groups_.size() + 1, 0);
    problem_.room.resize(num_bins);
    allowed_.resize(static_cast<std::size_t>(num_bins) * num_words);
    for (int bin = 0; bin < num_bins; ++bin) {
      const int edge = graph_.edges_into[first + bin];
      problem_.room[bin] = graph_.capacity[edge];
      for (int word = 0; word < num_words; ++word) {
        std::uint64_t allowed = distances_.one_apart(graph_.tail[edge], rank, word);
        allowed_[static_cast<std::size_t>(bin) * num_words + word] = allowed;
        for (; allowed != 0; allowed &= allowed - 1) {
          ++problem_.first_option[word * 64 + std::countr_zero(allowed) + 1];
        }
      }
    }
    std::partial_sum(problem_.first_option.begin(), problem_.first_option.end(),
                     problem_.first_option.begin());
    problem_.option.resize(problem_.first_option.back());
    problem_.amount.assign(problem_.option.size(), 0);
    next_.assign(problem_.first_option.begin(), problem_.first_option.end() - 1);
    for (int bin = 0; bin < num_bins; ++bin) {
      for (int word = 0; word < num_words; ++word) {
        std::uint64_t allowed = allowed_[static_cast<std::size_t>(bin) * num_words + word];
        for (; allowed != 0; allowed &= allowed - 1) {
          problem_.option[next_[word * 64 + std::countr_zero(allowed)]++] = bin;
        }
      }
    }
    problem_.supply.resize(groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      problem_.supply[g] = groups_[g].root == rank ? 0 : groups_[g].copies;
    }
  }

  // What did not fit, into the widest of its edges.
  void overfill() {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (problem_.supply[g] == 0) continue;
      problem_.amount[problem_.first_option[g]] += problem_.supply[g];
    }
  }

  void keep_choices(int rank) {
    const int first = graph_.first_into[rank];
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      int used = 0;
      for (int o = problem_.first_option[g]; o < problem_.first_option[g + 1]; ++o) {
        if (problem_.amount[o] == 0) continue;
        const int edge = graph_.edges_into[first + problem_.option[o]];
        trees_[g].edge_into[rank] = edge;
        ++used;
      }
      if (used < 2) continue;
      Fork fork{rank, {}};
      for (int o = problem_.first_option[g]; o < problem_.first_option[g + 1]; ++o) {
        if (problem_.amount[o] == 0) continue;
        fork.parts.push_back({graph_.edges_into[first + problem_.option[o]], problem_.amount[o]});
      }
      // The same order everywhere lets cuts fall together.
      std::stable_sort(fork.parts.begin(), fork.parts.end(),
                       [](const Part& a, const Part& b) { return a.copies > b.copies; });
      forks_[g].push_back(std::move(fork));
    }
  }

  // Cuts the group's trees wherever some rank changes its parent.
  void cut_at_forks(std::size_t g, std::vector<ParentTree>& trees) {
    ParentTree tree = std::move(trees_[g]);
    std::vector<Fork>& forks = forks_[g];
    std::vector<std::size_t> next(forks.size());  // by fork: its current part
    for (std::int64_t left = tree.copies; left > 0; left -= tree.copies) {
      tree.copies = left;
      for (std::size_t i = 0; i < forks.size(); ++i) {
        const Part& part = forks[i].parts[next[i]];
        tree.edge_into[forks[i].rank] = part.edge;
        tree.copies = std::min(tree.copies, part.copies);
      }
      for (std::size_t i = 0; i < forks.size(); ++i) {
        Part& part = forks[i].parts[next[i]];
        part.copies -= tree.copies;
        if (part.copies == 0) ++next[i];
      }
      trees.push_back(tree);
    }
  }

  const PackGraph& graph_;
  const std::vector<RootGroup>& groups_;
  const HopDistances& distances_;
  std::vector<ParentTree> trees_;         // by group; at forks any of the parents
  std::vector<std::vector<Fork>> forks_;  // by group
  Transport problem_;
  std::vector<std::uint64_t> allowed_;  // by bin, word: the groups that may use the edge
  std::vector<int> next_;
};

}  // namespace

std::optional<LowTrees> pack_shortest_paths(const PackGraph& graph) {
  const std::vector<RootGroup> groups = root_groups(graph, kMostGroupsOfARoot);
  const auto distances = HopDistances::find(graph, groups);
  if (!distances) return std::nullopt;
  return ShortestPathPacker(graph, groups, *distances).pack();
}

}  // namespace pleach
