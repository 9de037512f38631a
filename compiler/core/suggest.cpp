#include "compiler/core/suggest.hpp"

#include <algorithm>
#include <vector>

namespace pleach {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment distance (Damerau 1964, each place edited once), row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] =
          std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::optional<std::string> closest_name(std::string_view name,
                                        std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestName = 200;  // nobody misspells more, and the cost is quadratic
  if (name.size() > kLongestName) return std::nullopt;
  std::optional<std::string_view> closest;
  std::size_t fewest = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t shorter = std::min(name.size(), candidate.size());
    // One letter replaced by another is no resemblance.
    const std::size_t limit = longer == 1 ? 0 : std::max<std::size_t>(1, longer / 3);
    if (longer - shorter > limit || longer > kLongestName) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance <= limit && (!closest || distance < fewest)) {
      closest = candidate;
      fewest = distance;
    }
  }
  return closest ? std::optional<std::string>(*closest) : std::nullopt;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const auto closest = closest_name(name, candidates);
  return closest ? "did you mean \"" + *closest + "\"?" : "";
}

}  // namespace pleach
