// Patterns that pick nodes by id: hostlists and stars for `degraded`, number wildcards for `ranks`.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/topology/number_ranges.hpp"

namespace pleach {

// "rack7/t[14-17]", "rack5/nvs*", "node[08-11,20]": `*` stands for any characters, also `/`;
// brackets for one number of the list, with as many leading zeros as the list shows.
struct HostPattern {
  struct AnyCharacters {};
  std::string text;  // as written
  std::vector<std::variant<std::string, AnyCharacters, NumberRanges>> pieces;
};

// Errors (without a place): brackets that do not match or hold no list of numbers.
[[nodiscard]] Result<HostPattern> parse_host_pattern(std::string_view text);
// Cost: length of the id times pieces.
[[nodiscard]] bool matches(const HostPattern& pattern, std::string_view id);
// Also everything below a node that matches: "rack7/t14/gpu0" for "rack7/t14".
[[nodiscard]] bool matches_subtree(const HostPattern& pattern, std::string_view id);

// "box{b}/gpu{g}": each placeholder stands for a number, the same name for the same number.
struct RankPattern {
  std::string text;                    // as written
  std::vector<std::string> literals;   // one more than placeholders
  std::vector<std::size_t> variables;  // of each placeholder, numbered by first appearance
};

// Errors (without a place): braces that do not match, a placeholder that is no plain name, two
// placeholders (or a placeholder and a digit) side by side, for their numbers would be ambiguous.
[[nodiscard]] Result<RankPattern> parse_rank_pattern(std::string_view text);
// On a match `numbers` holds the digits of each variable, without leading zeros; they point into
// `id`.
[[nodiscard]] bool matches(const RankPattern& pattern,
                           std::string_view id,
                           std::vector<std::string_view>& numbers);

}  // namespace pleach
