#include <algorithm>
#include <compare>
#include <unordered_set>

#include "compiler/topology/expand.hpp"

namespace pleach {
namespace {

// Numbers of any length, as digits without leading zeros.
bool less(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::ranges::lexicographical_compare(a, b, [](std::string_view x, std::string_view y) {
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
}

struct Match {
  std::vector<std::string_view> numbers;
  std::string_view id;
};

std::vector<Match> gpus_matching(const RankPattern& pattern, const TopologySpec& spec) {
  std::vector<Match> found;
  std::vector<std::string_view> numbers;
  for (const NodeSpec& node : spec.nodes) {
    if (node.type == NodeType::Gpu && matches(pattern, node.id, numbers)) {
      found.push_back({numbers, node.id});
    }
  }
  std::ranges::stable_sort(found, less, &Match::numbers);
  return found;
}

}  // namespace

void resolve_ranks(const std::vector<RankEntry>& entries,
                   const std::vector<std::string>& removed,
                   TopologySpec& spec,
                   Diagnostics& mistakes) {
  const std::unordered_set<std::string_view> gone(removed.begin(), removed.end());
  const std::size_t before = mistakes.size();
  std::vector<RankSpec> ranks;
  for (const auto& [origin, pattern] : entries) {
    if (pattern.variables.empty()) {
      if (!gone.contains(pattern.text)) ranks.push_back({pattern.text, origin});
      continue;
    }
    const std::vector<Match> found = gpus_matching(pattern, spec);
    for (const Match& match : found) ranks.push_back({std::string(match.id), origin});
    if (found.empty()) {
      mistakes.push_back(mistake_at(
          spec, origin, "\"ranks\" has " + in_quotes(pattern.text) + ", which matches no gpu",
          R"(ids with their numbers in braces, e.g. "box{b}/gpu{g}")"));
    }
  }
  // After a mistake validate would only add that the same gpus have no rank.
  if (mistakes.size() == before) spec.ranks = std::move(ranks);
}

}  // namespace pleach
