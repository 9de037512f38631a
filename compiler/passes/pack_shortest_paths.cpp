#include "compiler/passes/pack_shortest_paths.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <numeric>
#include <utility>

#include "compiler/core/parallel.hpp"
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
  int group = 0;
  int rank = 0;
  std::vector<Part> parts;
};

// Fewer ranks are not worth a thread.
constexpr int kLeastRanksOfAThread = 64;

// Chooses the parents at one rank after the other.
class ParentChooser {
 public:
  ParentChooser(const PackGraph& graph,
                const std::vector<RootGroup>& groups,
                const HopDistances& distances)
      : graph_(graph), groups_(groups), distances_(distances) {}

  // Whether all trees fitted. Where they do not, some edges are overfull.
  bool choose(int rank) {
    list_choices(rank);
    if (problem_.solve()) return true;
    overfill();
    return false;
  }

  // What was chosen: an edge for each group, any of them at a fork.
  void keep(int rank, std::vector<ParentTree>& trees, std::vector<Fork>& forks) const {
    const int first = graph_.first_into[rank];
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      int used = 0;
      for (int o = problem_.first_option[g]; o < problem_.first_option[g + 1]; ++o) {
        if (problem_.amount[o] == 0) continue;
        trees[g].edge_into[rank] = graph_.edges_into[first + problem_.option[o]];
        ++used;
      }
      if (used < 2) continue;
      Fork fork{static_cast<int>(g), rank, {}};
      for (int o = problem_.first_option[g]; o < problem_.first_option[g + 1]; ++o) {
        if (problem_.amount[o] == 0) continue;
        fork.parts.push_back({graph_.edges_into[first + problem_.option[o]], problem_.amount[o]});
      }
      // The same order everywhere lets cuts fall together.
      std::stable_sort(fork.parts.begin(), fork.parts.end(),
                       [](const Part& a, const Part& b) { return a.copies > b.copies; });
      forks.push_back(std::move(fork));
    }
  }

 private:
  // The transportation problem of a rank: items are groups, bins the edges into the rank.
  void list_choices(int rank) {
    const int first = graph_.first_into[rank];
    const int num_bins = graph_.first_into[rank + 1] - first;
    const int num_words = distances_.num_words();
    problem_.room.resize(num_bins);
    allowed_.resize(static_cast<std::size_t>(num_bins) * num_words);
    once_.assign(num_words, 0);
    twice_.assign(num_words, 0);
    for (int bin = 0; bin < num_bins; ++bin) {
      const int edge = graph_.edges_into[first + bin];
      problem_.room[bin] = graph_.capacity[edge];
      for (int word = 0; word < num_words; ++word) {
        const std::uint64_t allowed = distances_.one_apart(graph_.tail[edge], rank, word);
        allowed_[static_cast<std::size_t>(bin) * num_words + word] = allowed;
        twice_[word] |= once_[word] & allowed;
        once_[word] |= allowed;
      }
    }
    drop_taken();
    problem_.first_option.assign(groups_.size() + 1, 0);
    for (int bin = 0; bin < num_bins; ++bin) {
      for (int word = 0; word < num_words; ++word) {
        std::uint64_t allowed = allowed_[static_cast<std::size_t>(bin) * num_words + word];
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

  // Edges that are filled by groups which can enter by no other are no choice for the rest.
  void drop_taken() {
    const std::size_t num_words = twice_.size();
    open_.assign(num_words, 0);
    taken_.clear();
    for (std::size_t bin = 0; bin < problem_.room.size(); ++bin) {
      std::uint64_t* const allowed = &allowed_[bin * num_words];
      if (is_taken(allowed, problem_.room[bin])) {
        taken_.push_back(allowed);
      } else {
        for (std::size_t word = 0; word < num_words; ++word) open_[word] |= allowed[word];
      }
    }
    for (std::uint64_t* const allowed : taken_) {
      for (std::size_t word = 0; word < num_words; ++word) {
        allowed[word] &= ~(twice_[word] & open_[word]);
      }
    }
  }

  [[nodiscard]] bool is_taken(const std::uint64_t* allowed, std::int64_t capacity) const {
    for (std::size_t word = 0; word < twice_.size(); ++word) {
      for (std::uint64_t rest = allowed[word] & ~twice_[word]; rest != 0; rest &= rest - 1) {
        capacity -= groups_[word * 64 + std::countr_zero(rest)].copies;
        if (capacity <= 0) return true;
      }
    }
    return false;
  }

  // What did not fit, into the first of its edges.
  void overfill() {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (problem_.supply[g] == 0) continue;
      problem_.amount[problem_.first_option[g]] += problem_.supply[g];
    }
  }

  const PackGraph& graph_;
  const std::vector<RootGroup>& groups_;
  const HopDistances& distances_;
  Transport problem_;
  std::vector<std::uint64_t> allowed_;  // by bin, word: the groups that may use the edge
  std::vector<std::uint64_t> once_;     // by word: the groups that may use some edge
  std::vector<std::uint64_t> twice_;    // more than one
  std::vector<std::uint64_t> open_;     // one that is not taken
  std::vector<std::uint64_t*> taken_;   // rows of allowed_
  std::vector<int> next_;
};

// Cuts a group's trees wherever some rank changes its parent.
void cut_at_forks(ParentTree tree, std::vector<Fork> forks, std::vector<ParentTree>& trees) {
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

// Stops early, with some rank overfull, if only trees that fit are asked for.
std::optional<LowTrees> pack(const PackGraph& graph, bool only_fitting, const Progress& progress) {
  const std::vector<RootGroup> groups = root_groups(graph, kMostGroupsOfARoot);
  const auto distances = HopDistances::find(graph, groups);
  if (!distances) return std::nullopt;

  std::vector<ParentTree> trees;
  for (const RootGroup& group : groups) {
    trees.push_back({group.root, group.copies, std::vector<int>(graph.num_ranks, -1)});
  }
  std::vector<char> fits(graph.num_ranks, true);
  std::vector<std::vector<Fork>> forks_from(graph.num_ranks);  // by first rank of a thread
  std::atomic<bool> stop = false;
  in_parallel(graph.num_ranks, kLeastRanksOfAThread, [&](int first, int last) {
    ParentChooser chooser(graph, groups, *distances);
    for (int rank = first; rank < last && !stop; ++rank) {
      fits[rank] = chooser.choose(rank);
      if (!fits[rank] && only_fitting) stop = true;
      chooser.keep(rank, trees, forks_from[first]);
      if (first > 0) continue;  // the caller's thread speaks for all
      try {
        report(progress, {"packing shortest paths, rank", rank, last});
      } catch (...) {
        stop = true;
        throw;
      }
    }
  });

  LowTrees result;
  for (int rank = 0; rank < graph.num_ranks; ++rank) {
    if (!fits[rank]) result.overfull.push_back(rank);
  }
  if (only_fitting && !result.overfull.empty()) return result;
  std::vector<std::vector<Fork>> forks(groups.size());
  for (std::vector<Fork>& some : forks_from) {
    for (Fork& fork : some) forks[fork.group].push_back(std::move(fork));
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    cut_at_forks(std::move(trees[g]), std::move(forks[g]), result.trees);
  }
  return result;
}

}  // namespace

std::optional<LowTrees> pack_shortest_paths(const PackGraph& graph, const Progress& progress) {
  return pack(graph, false, progress);
}

std::optional<std::vector<ParentTree>> pack_fitting_paths(const PackGraph& graph,
                                                          const Progress& progress) {
  auto low = pack(graph, true, progress);
  if (!low || !low->overfull.empty()) return std::nullopt;
  return std::move(low->trees);
}

}  // namespace pleach
