#include "runtime/net/node_list.hpp"

#include <algorithm>
#include <cstddef>

namespace pleach {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_of_name(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         letter == '-' || letter == '_' || letter == '.';
}

// "01" of "01-03,07", or nothing.
std::optional<std::string_view> first_number(std::string_view ranges) {
  std::optional<std::string_view> first;
  while (true) {
    const std::string_view range = ranges.substr(0, ranges.find(','));
    const std::string_view low = range.substr(0, range.find('-'));
    const bool is_range = low.size() < range.size();
    const std::string_view high = is_range ? range.substr(low.size() + 1) : low;
    for (const std::string_view number : {low, high}) {
      if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) {
        return std::nullopt;
      }
    }
    if (!first) first = low;
    if (range.size() == ranges.size()) return first;
    ranges.remove_prefix(range.size() + 1);
  }
}

}  // namespace

std::optional<std::string> first_host(std::string_view list) {
  std::string host;
  std::optional<std::string> first;
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == ',') {
      if (host.empty()) return std::nullopt;
      if (!first) first = host;
      host.clear();
    } else if (list[at] == '[') {
      const std::size_t close = list.find(']', at);
      if (close == std::string_view::npos) return std::nullopt;
      const std::optional<std::string_view> number =
          first_number(list.substr(at + 1, close - at - 1));
      if (!number) return std::nullopt;
      host += *number;
      at = close;
    } else if (is_of_name(list[at])) {
      host += list[at];
    } else {
      return std::nullopt;
    }
  }
  if (host.empty()) return std::nullopt;
  return first ? first : host;
}

}  // namespace pleach
