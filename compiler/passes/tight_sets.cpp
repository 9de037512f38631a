#include "compiler/passes/tight_sets.hpp"

#include <algorithm>
#include <bit>

namespace pleach {
namespace {

constexpr std::uint64_t bit_of(int set) { return std::uint64_t{1} << (set % 64); }

// Calls visit(set) for every bit.
template <class Visit>
void for_each(std::uint64_t bits, std::size_t word, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<int>(word * 64) + std::countr_zero(bits));
}

}  // namespace

void TightSets::add(const std::vector<bool>& members, std::int64_t slack) {
  const int set = size();
  const std::size_t word = set / 64;
  if (set % 64 == 0) {
    for (auto& sets : member_) sets.push_back(0);
    touched_.push_back(0);
    narrow_.push_back(0);
  }
  for (std::size_t rank = 0; rank < members.size(); ++rank) {
    if (members[rank]) member_[rank][word] |= bit_of(set);
  }
  slack_.push_back(slack);
  loss_.push_back(0);
  if (copies_ == 0) return;
  if (members[root_]) touched_[word] |= bit_of(set);
  judge(set);
  for (const auto& [tail, head] : edges_) {
    if (members[head] && !members[tail]) enter(set);
  }
}

void TightSets::recount(const PackGraph& graph,
                        const std::vector<std::int64_t>& capacity,
                        const std::vector<std::int64_t>& pending) {
  std::fill(slack_.begin(), slack_.end(), 0);
  for (std::size_t word = 0; word < touched_.size(); ++word) {
    for (std::size_t edge = 0; edge < capacity.size(); ++edge) {
      for_each(entered(graph.tail[edge], graph.head[edge], word), word,
               [&](int set) { slack_[set] += capacity[edge]; });
    }
    for (int rank = 0; rank < graph.num_ranks; ++rank) {
      for_each(~member_[rank][word], word, [&](int set) {
        if (set < size()) slack_[set] -= pending[rank];
      });
    }
  }
}

void TightSets::begin(int root, std::int64_t copies) {
  root_ = root;
  copies_ = copies;
  edges_.clear();
  std::fill(loss_.begin(), loss_.end(), 0);
  touched_ = member_[root];
  for (int set = 0; set < size(); ++set) judge(set);
}

std::int64_t TightSets::allowance(int tail, int head) const {
  std::int64_t allowed = copies_;
  for (std::size_t word = 0; word < narrow_.size(); ++word) {
    for_each(entered(tail, head, word) & narrow_[word], word,
             [&](int set) { allowed = std::min(allowed, slack_[set] / (loss_[set] + 1)); });
  }
  return allowed;
}

void TightSets::judge(int set) {
  const bool narrow =
      (touched_[set / 64] & bit_of(set)) != 0 && slack_[set] / (loss_[set] + 1) < copies_;
  if (narrow) {
    narrow_[set / 64] |= bit_of(set);
  } else {
    narrow_[set / 64] &= ~bit_of(set);
  }
}

void TightSets::enter(int set) {
  if ((touched_[set / 64] & bit_of(set)) != 0) {
    ++loss_[set];
  } else {
    touched_[set / 64] |= bit_of(set);
  }
  judge(set);
}

void TightSets::add_edge(int tail, int head) {
  edges_.emplace_back(tail, head);
  for (std::size_t word = 0; word < touched_.size(); ++word) {
    for_each(entered(tail, head, word), word, [&](int set) { enter(set); });
  }
}

void TightSets::reduce(std::int64_t copies) {
  copies_ = copies;
  for (int set = 0; set < size(); ++set) judge(set);
}

void TightSets::finish() {
  for (int set = 0; set < size(); ++set) slack_[set] -= copies_ * loss_[set];
  copies_ = 0;
}

}  // namespace pleach
