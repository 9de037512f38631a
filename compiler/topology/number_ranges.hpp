// Lists of whole numbers as descriptions write them: "0-3,7".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pleach {

struct NumberRange {
  std::int64_t first = 0;
  std::int64_t last = 0;  // included; >= first
  // Digits of a `first` that is written with leading zeros ("08-11": 2); 0 where there are none.
  int width = 0;
  bool operator==(const NumberRange&) const = default;
};

using NumberRanges = std::vector<NumberRange>;

// Numbers have at most nine digits; nothing for any other text.
[[nodiscard]] std::optional<NumberRanges> parse_number_ranges(std::string_view text);

[[nodiscard]] std::int64_t count_numbers(const NumberRanges& ranges);

}  // namespace pleach
