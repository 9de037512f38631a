#include "compiler/verify/violation.hpp"

#include <algorithm>
#include <utility>

namespace pleach::verify {

void ViolationLog::add(std::string_view rule, std::string where, std::string message) {
  auto count = std::ranges::find(counts_, rule, &Count::rule);
  if (count == counts_.end()) count = counts_.insert(counts_.end(), Count{std::string(rule), 0});
  if (++count->found > kMaxPerRule) return;
  kept_.push_back({std::string(rule), std::move(where), std::move(message)});
}

bool ViolationLog::has(std::string_view rule) const {
  return std::ranges::find(counts_, rule, &Count::rule) != counts_.end();
}

bool ViolationLog::has_other_than(std::string_view rule) const {
  return std::ranges::any_of(counts_, [&](const Count& count) { return count.rule != rule; });
}

std::vector<Violation> ViolationLog::take() && {
  for (const Count& count : counts_) {
    if (count.found <= kMaxPerRule) continue;
    kept_.push_back(
        {count.rule, "",
         "and " + std::to_string(count.found - kMaxPerRule) + " more violations of this rule"});
  }
  return std::move(kept_);
}

std::string pointer_to(std::string_view list, std::size_t position) {
  return std::string(list) + "/" + std::to_string(position);
}

std::string pointer_to(std::string_view list, std::size_t position, std::string_view key) {
  return pointer_to(list, position) + "/" + std::string(key);
}

}  // namespace pleach::verify
