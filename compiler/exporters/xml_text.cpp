#include "compiler/exporters/xml_text.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

#include <pugixml.hpp>

namespace pleach::exporters {

std::string xml_text(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  std::string text = out.str();
  constexpr std::string_view kEnd = " />";
  for (auto at = text.find(kEnd); at != std::string::npos; at = text.find(kEnd, at)) {
    text.erase(at, 1);
  }
  return text;
}

bool is_plain(const std::string& value) {
  constexpr std::size_t kMost = 254;
  constexpr std::string_view kSpecial = "<>&\"'";
  return value.size() <= kMost && std::ranges::all_of(value, [&](char c) {
           return c >= ' ' && c <= '~' && kSpecial.find(c) == std::string_view::npos;
         });
}

}  // namespace pleach::exporters
