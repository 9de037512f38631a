#include "compiler/explain/id_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstdint>
#include <map>
#include <utility>

namespace pleach {
namespace {

struct Number {
  std::int64_t value = 0;
  std::size_t width = 0;  // digits, where it is written with leading zeros
  auto operator<=>(const Number&) const = default;
};

// Ids that agree in their letters: literals[0] numbers[0] literals[1] … numbers[n-1] literals[n],
// with every combination of the numbers.
struct Pattern {
  std::vector<std::string> literals;
  std::vector<std::vector<Number>> numbers;  // each sorted
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Pattern parse(std::string_view id) {
  constexpr std::size_t kMostDigits = 18;  // that 64 bits surely hold
  Pattern pattern{{""}, {}};
  for (std::size_t begin = 0; begin < id.size();) {
    std::size_t end = begin;
    while (end < id.size() && is_digit(id[end]) == is_digit(id[begin])) ++end;
    const std::string_view part = id.substr(begin, end - begin);
    begin = end;
    if (!is_digit(part.front()) || part.size() > kMostDigits) {
      pattern.literals.back() += part;
      continue;
    }
    Number number;
    std::from_chars(part.data(), part.data() + part.size(), number.value);
    if (part.size() > 1 && part.front() == '0') number.width = part.size();
    pattern.numbers.push_back({number});
    pattern.literals.emplace_back();
  }
  return pattern;
}

std::string digits(const Number& number) {
  const std::string text = std::to_string(number.value);
  return number.width > text.size() ? std::string(number.width - text.size(), '0') + text : text;
}

// Whether it is written as it would be in a range whose first number has that width: 10 after 09.
bool has_width(const Number& number, std::size_t width) {
  return number.width == width ||
         (number.width == 0 && width > 0 && digits(number).size() == width);
}

// "0-2,5"
std::string ranges(const std::vector<Number>& numbers, bool& is_one_range) {
  std::string text;
  is_one_range = true;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1].value == numbers[last].value + 1 &&
           has_width(numbers[last + 1], numbers[i].width)) {
      ++last;
    }
    if (i > 0) text += ",";
    text += digits(numbers[i]);
    if (last > i) text += "-" + digits(numbers[last]);
    is_one_range = is_one_range && i == 0;
    i = last + 1;
  }
  return text;
}

std::string to_text(const Pattern& pattern) {
  const bool has_dash = std::ranges::any_of(pattern.literals, [](const std::string& literal) {
    return literal.find('-') != std::string::npos;
  });
  std::string text = pattern.literals.front();
  for (std::size_t i = 0; i < pattern.numbers.size(); ++i) {
    bool is_one_range = true;
    const std::string list = ranges(pattern.numbers[i], is_one_range);
    const bool brackets = pattern.numbers[i].size() > 1 && (has_dash || !is_one_range);
    text += (brackets ? "[" + list + "]" : list) + pattern.literals[i + 1];
  }
  return text;
}

// Unites the patterns that differ at most in the number at `position`.
std::vector<Pattern> united(std::vector<Pattern> patterns, std::size_t position) {
  using Key = std::pair<std::vector<std::string>, std::vector<std::vector<Number>>>;
  std::vector<Pattern> result;
  std::map<Key, std::size_t> place;
  for (Pattern& pattern : patterns) {
    if (position >= pattern.numbers.size()) {
      result.push_back(std::move(pattern));
      continue;
    }
    Key key{pattern.literals, pattern.numbers};
    key.second[position].clear();
    const auto [entry, is_new] = place.emplace(std::move(key), result.size());
    if (is_new) {
      result.push_back(std::move(pattern));
      continue;
    }
    auto& numbers = result[entry->second].numbers[position];
    numbers.insert(numbers.end(), pattern.numbers[position].begin(),
                   pattern.numbers[position].end());
  }
  for (Pattern& pattern : result) {
    if (position >= pattern.numbers.size()) continue;
    auto& numbers = pattern.numbers[position];
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  }
  return result;
}

}  // namespace

std::vector<std::string> compress_ids(const std::vector<std::string_view>& ids) {
  std::vector<Pattern> patterns;
  std::size_t most_numbers = 0;
  std::map<std::string_view, bool> seen;
  for (const std::string_view id : ids) {
    if (!seen.emplace(id, true).second) continue;
    patterns.push_back(parse(id));
    most_numbers = std::max(most_numbers, patterns.back().numbers.size());
  }
  // From the last number on: what hangs below a box joins before the boxes do.
  for (std::size_t position = most_numbers; position-- > 0;) {
    patterns = united(std::move(patterns), position);
  }
  std::vector<std::string> texts;
  texts.reserve(patterns.size());
  for (const Pattern& pattern : patterns) texts.push_back(to_text(pattern));
  return texts;
}

std::string id_ranges(const Topology& topology, const std::vector<NodeId>& nodes) {
  std::vector<std::string_view> ids;
  ids.reserve(nodes.size());
  for (const NodeId node : nodes) ids.push_back(topology.node(node).id);
  std::string list;
  for (const std::string& text : compress_ids(ids)) list += (list.empty() ? "" : ", ") + text;
  return list;
}

std::string id_pattern(std::string_view id) {
  std::string text;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (!is_digit(id[i])) {
      text += id[i];
    } else if (i == 0 || !is_digit(id[i - 1])) {
      text += '*';
    }
  }
  return text;
}

std::string shared_noun(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShortestWord = 3;
  std::string_view noun;
  for (std::string_view name : names) {
    name = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
    const auto number = std::ranges::find_if(name, is_digit);
    const auto word = name.substr(0, static_cast<std::size_t>(number - name.begin()));
    const bool is_word = number != name.end() && word.size() >= kShortestWord &&
                         std::ranges::all_of(word, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                         });
    if (!is_word || (!noun.empty() && noun != word)) return "";
    noun = word;
  }
  return std::string(noun);
}

}  // namespace pleach
