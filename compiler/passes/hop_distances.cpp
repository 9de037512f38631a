#include "compiler/passes/hop_distances.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace pleach {
namespace {

struct Range {
  std::int64_t begin = 0;  // in units of the root's grain
  std::int64_t length = 0;
};

bool covers(const Range& range, std::int64_t at, std::int64_t around) {
  return (at - range.begin + around) % around < range.length;
}

// Groups of one root, some edges of which are narrower than its trees.
void add_groups(const PackGraph& graph, int root, int most, std::vector<RootGroup>& groups) {
  const std::int64_t trees = graph.trees[root];
  const std::int64_t grain = (trees + most - 1) / most;
  const std::int64_t around = (trees + grain - 1) / grain;  // the last one may be short
  const int first = graph.first_out[root];
  const int last = graph.first_out[root + 1];
  std::vector<Range> ranges;
  std::vector<std::int64_t> breaks = {0};
  std::int64_t next = 0;
  for (int edge = first; edge < last; ++edge) {
    const std::int64_t capacity = graph.capacity[edge];
    const std::int64_t length = capacity >= trees ? around : capacity / grain;
    ranges.push_back({next, length});
    if (length == around) continue;
    breaks.push_back(next);
    next = (next + length) % around;
    breaks.push_back(next);
  }
  std::sort(breaks.begin(), breaks.end());
  breaks.erase(std::unique(breaks.begin(), breaks.end()), breaks.end());
  breaks.push_back(around);
  for (std::size_t i = 0; i + 1 < breaks.size(); ++i) {
    const std::int64_t end = std::min(breaks[i + 1] * grain, trees);
    RootGroup group{root, end - breaks[i] * grain, {}};
    for (int edge = first; edge < last; ++edge) {
      if (covers(ranges[edge - first], breaks[i], around)) group.first_hops.push_back(edge);
    }
    groups.push_back(std::move(group));
  }
}

}  // namespace

std::vector<RootGroup> root_groups(const PackGraph& graph, int most_groups) {
  std::vector<RootGroup> groups;
  for (int root = 0; root < graph.num_ranks; ++root) {
    if (graph.trees[root] > 0) add_groups(graph, root, most_groups, groups);
  }
  return groups;
}

HopDistances::HopDistances(int num_ranks, int num_groups)
    : num_words_((num_groups + 63) / 64),
      num_planes_(std::bit_width(static_cast<unsigned>(num_ranks))),
      valid_(num_words_, ~std::uint64_t{0}),
      at_(static_cast<std::size_t>(num_ranks) * num_words_ * num_planes_),
      after_(at_.size()) {
  if (num_groups % 64 != 0) valid_.back() = (std::uint64_t{1} << (num_groups % 64)) - 1;
}

void HopDistances::set(int rank, int word, std::uint64_t groups, int distance) {
  std::uint64_t* at = &at_[row(rank, word)];
  std::uint64_t* after = &after_[row(rank, word)];
  for (int plane = 0; plane < num_planes_; ++plane) {
    if ((distance >> plane & 1) != 0) at[plane] |= groups;
    if (((distance + 1) >> plane & 1) != 0) after[plane] |= groups;
  }
}

void HopDistances::add_first_hops(const PackGraph& graph,
                                  const std::vector<RootGroup>& groups,
                                  std::vector<std::uint64_t>& reached) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const int word = static_cast<int>(g / 64);
    const std::uint64_t bit = std::uint64_t{1} << (g % 64);
    set(groups[g].root, word, bit, 0);
    for (const int edge : groups[g].first_hops) {
      const int head = graph.head[edge];
      reached[static_cast<std::size_t>(head) * num_words_ + word] |= bit;
      set(head, word, bit, 1);
    }
  }
}

std::optional<HopDistances> HopDistances::find(const PackGraph& graph,
                                               const std::vector<RootGroup>& groups) {
  HopDistances result(graph.num_ranks, static_cast<int>(groups.size()));
  const int words = result.num_words_;
  std::vector<std::uint64_t> frontier(static_cast<std::size_t>(graph.num_ranks) * words);
  result.add_first_hops(graph, groups, frontier);
  std::vector<std::uint64_t> seen = frontier;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    seen[static_cast<std::size_t>(groups[g].root) * words + g / 64] |= std::uint64_t{1} << (g % 64);
  }
  std::vector<std::uint64_t> next(frontier.size());
  std::vector<bool> complete(graph.num_ranks);
  int distance = 1;
  for (bool grown = true; grown;) {
    ++distance;
    grown = false;
    for (int head = 0; head < graph.num_ranks; ++head) {
      std::uint64_t* reached = &next[static_cast<std::size_t>(head) * words];
      std::fill(reached, reached + words, 0);
      if (complete[head]) continue;
      for (int i = graph.first_into[head]; i < graph.first_into[head + 1]; ++i) {
        const int tail = graph.tail[graph.edges_into[i]];
        const std::uint64_t* from = &frontier[static_cast<std::size_t>(tail) * words];
        for (int word = 0; word < words; ++word) reached[word] |= from[word];
      }
      std::uint64_t* old = &seen[static_cast<std::size_t>(head) * words];
      bool all = true;
      for (int word = 0; word < words; ++word) {
        reached[word] &= ~old[word];
        if (reached[word] != 0) {
          result.set(head, word, reached[word], distance);
          old[word] |= reached[word];
          grown = true;
        }
        all = all && old[word] == result.valid_[word];
      }
      complete[head] = all;
    }
    frontier.swap(next);
  }
  if (std::find(complete.begin(), complete.end(), false) != complete.end()) return std::nullopt;
  result.used_planes_ = std::bit_width(static_cast<unsigned>(distance));
  return result;
}

}  // namespace pleach
