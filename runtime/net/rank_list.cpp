#include "runtime/net/rank_list.hpp"

#include <cstddef>

namespace pleach {
namespace {

constexpr int kMostRanges = 12;  // what one reads in a line

}  // namespace

std::string rank_list(std::span<const int> ranks) {
  if (ranks.empty()) return "no rank";
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  int ranges = 0;
  for (std::size_t first = 0; first < ranks.size();) {
    if (ranges == kMostRanges)
      return text + " and " + std::to_string(ranks.size() - first) + " more";
    std::size_t last = first;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    if (ranges > 0) text += ", ";
    text += std::to_string(ranks[first]);
    if (last > first) text += (last > first + 1 ? "-" : ", ") + std::to_string(ranks[last]);
    first = last + 1;
    ++ranges;
  }
  return text;
}

}  // namespace pleach
