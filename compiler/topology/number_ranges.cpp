#include "compiler/topology/number_ranges.hpp"

#include <charconv>

namespace pleach {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<NumberRange> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const std::string_view first_text = trim(text.substr(0, dash));
  const auto first = parse_number(first_text);
  const auto last =
      dash == std::string_view::npos ? first : parse_number(trim(text.substr(dash + 1)));
  if (!first || !last || *first > *last) return std::nullopt;
  const bool padded = first_text.size() > 1 && first_text.front() == '0';
  return NumberRange{*first, *last, padded ? static_cast<int>(first_text.size()) : 0};
}

}  // namespace

std::optional<NumberRanges> parse_number_ranges(std::string_view text) {
  NumberRanges ranges;
  while (true) {
    const auto comma = text.find(',');
    const auto range = parse_range(trim(text.substr(0, comma)));
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    if (comma == std::string_view::npos) return ranges;
    text.remove_prefix(comma + 1);
  }
}

std::int64_t count_numbers(const NumberRanges& ranges) {
  std::int64_t count = 0;
  for (const NumberRange& range : ranges) count += range.last - range.first + 1;
  return count;
}

}  // namespace pleach
