#include "compiler/topology/name_pattern.hpp"

#include <algorithm>
#include <charconv>

#include "compiler/topology/json_text.hpp"

namespace pleach {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Diagnostic pattern_mistake(std::string_view text, const std::string& what, std::string expected) {
  return {.file = "",
          .line = 0,
          .pointer = "",
          .message = "the pattern " + in_quotes(text) + " " + what,
          .expected = std::move(expected),
          .fix = ""};
}

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

bool holds(const NumberRanges& ranges, std::string_view digits) {
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool padded = digits.size() > 1 && digits.front() == '0';
  return std::ranges::any_of(ranges, [&](const NumberRange& range) {
    if (number < range.first || number > range.last) return false;
    if (range.width == 0) return !padded;
    const auto width = static_cast<std::size_t>(range.width);
    return padded ? digits.size() == width : digits.size() >= width;
  });
}

// All positions of `id` that the pattern can reach, one piece after the other: no backtracking, so
// no pattern is slow.
std::vector<bool> reachable_ends(const HostPattern& pattern, std::string_view id) {
  std::vector<bool> now(id.size() + 1, false);
  now[0] = true;
  for (const auto& piece : pattern.pieces) {
    std::vector<bool> next(id.size() + 1, false);
    for (std::size_t at = 0; at <= id.size(); ++at) {
      if (!now[at]) continue;
      const std::string_view rest = id.substr(at);
      if (const auto* literal = std::get_if<std::string>(&piece)) {
        if (rest.starts_with(*literal)) next[at + literal->size()] = true;
      } else if (const auto* ranges = std::get_if<NumberRanges>(&piece)) {
        constexpr std::size_t kMostDigits = 9;  // as parse_number_ranges
        const std::size_t digits = std::min(count_digits(rest), kMostDigits);
        for (std::size_t length = 1; length <= digits; ++length) {
          if (holds(*ranges, rest.substr(0, length))) next[at + length] = true;
        }
      } else {
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(at), next.end(), true);
        break;
      }
    }
    now = std::move(next);
  }
  return now;
}

// Spares most ids the full search.
bool may_match(const HostPattern& pattern, std::string_view id) {
  const auto* literal =
      pattern.pieces.empty() ? nullptr : std::get_if<std::string>(&pattern.pieces.front());
  return literal == nullptr || id.starts_with(*literal);
}

std::string_view without_leading_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace

Result<HostPattern> parse_host_pattern(std::string_view text) {
  const std::string expected = R"(a node id with * or hostlists, e.g. "rack7/t[14-17]")";
  HostPattern pattern{.text = std::string(text), .pieces = {}};
  if (text.empty()) return pattern_mistake(text, "is empty", expected);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto special = rest.find_first_of("*[]");
    if (special != 0) {
      pattern.pieces.emplace_back(std::string(rest.substr(0, special)));
      rest.remove_prefix(std::min(special, rest.size()));
    } else if (rest.front() == '*') {
      pattern.pieces.emplace_back(HostPattern::AnyCharacters{});
      rest.remove_prefix(1);
    } else {
      const auto close = rest.find(']');
      if (rest.front() == ']' || close == std::string_view::npos) {
        return pattern_mistake(text, "has a bracket without its partner", expected);
      }
      auto ranges = parse_number_ranges(rest.substr(1, close - 1));
      if (!ranges) {
        return pattern_mistake(text, "has no list of numbers in its brackets",
                               expected + " or \"gpu[0-3,7]\"");
      }
      pattern.pieces.emplace_back(*std::move(ranges));
      rest.remove_prefix(close + 1);
    }
  }
  return pattern;
}

bool matches(const HostPattern& pattern, std::string_view id) {
  return may_match(pattern, id) && reachable_ends(pattern, id)[id.size()];
}

bool matches_subtree(const HostPattern& pattern, std::string_view id) {
  if (!may_match(pattern, id)) return false;
  const std::vector<bool> ends = reachable_ends(pattern, id);
  if (ends[id.size()]) return true;
  for (std::size_t at = 0; at < id.size(); ++at) {
    if (id[at] == '/' && ends[at]) return true;
  }
  return false;
}

Result<RankPattern> parse_rank_pattern(std::string_view text) {
  const std::string expected = R"(a gpu's id, or a pattern such as "box{b}/gpu{g}")";
  RankPattern pattern{.text = std::string(text), .literals = {}, .variables = {}};
  if (text.empty()) return pattern_mistake(text, "is empty", expected);
  std::vector<std::string_view> names;
  std::string_view rest = text;
  while (true) {
    const auto open = rest.find_first_of("{}");
    const std::string_view literal = rest.substr(0, open);
    const bool after_number = !pattern.literals.empty();
    const bool at_end = open == std::string_view::npos;
    if (after_number &&
        ((literal.empty() && !at_end) || (!literal.empty() && is_digit(literal[0])))) {
      return pattern_mistake(text, "puts a number right behind a placeholder",
                             expected + ", numbers kept apart");
    }
    pattern.literals.emplace_back(literal);
    if (at_end) return pattern;
    const auto close = rest.find_first_of("{}", open + 1);
    if (rest[open] == '}' || close == std::string_view::npos || rest[close] == '{') {
      return pattern_mistake(text, "has a brace without its partner", expected);
    }
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const auto is_letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !std::ranges::all_of(name, is_letter)) {
      return pattern_mistake(text,
                             "has the placeholder " + in_quotes("{" + std::string(name) + "}"),
                             "plain names in braces, e.g. \"box{b}/gpu{g}\"");
    }
    const auto known = std::ranges::find(names, name);
    pattern.variables.push_back(static_cast<std::size_t>(known - names.begin()));
    if (known == names.end()) names.push_back(name);
    rest.remove_prefix(close + 1);
  }
}

bool matches(const RankPattern& pattern,
             std::string_view id,
             std::vector<std::string_view>& numbers) {
  numbers.clear();
  for (std::size_t i = 0; i < pattern.literals.size(); ++i) {
    if (!id.starts_with(pattern.literals[i])) return false;
    id.remove_prefix(pattern.literals[i].size());
    if (i == pattern.variables.size()) break;
    const std::size_t length = count_digits(id);
    if (length == 0) return false;
    const std::string_view number = without_leading_zeros(id.substr(0, length));
    const std::size_t variable = pattern.variables[i];
    if (variable == numbers.size()) {
      numbers.push_back(number);
    } else if (numbers[variable] != number) {
      return false;
    }
    id.remove_prefix(length);
  }
  return id.empty();
}

}  // namespace pleach
