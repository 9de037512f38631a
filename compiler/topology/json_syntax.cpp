#include "compiler/topology/json_syntax.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "compiler/topology/json_text.hpp"

namespace pleach {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// What stands between two tokens: blanks, comments, commas and colons.
struct Gap {
  std::size_t end = 0;           // where the next token starts
  std::string separators;        // the commas and colons
  bool comment_is_open = false;  // a comment starts at `end` and never ends
};

Gap read_gap(std::string_view text, std::size_t at) {
  Gap gap;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ',' || c == ':') {
      // A second separator is itself the mistake.
      if (!gap.separators.empty()) break;
      gap.separators += c;
    } else if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size() - 1);
    } else if (text.substr(at).starts_with("/*")) {
      const auto close = text.find("*/", at + 2);
      if (close == std::string_view::npos) {
        gap.comment_is_open = true;
        break;
      }
      at = close + 1;
    } else if (kBlanks.find(c) == std::string_view::npos) {
      break;
    }
  }
  gap.end = at;
  return gap;
}

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What is wrong inside the string that starts at `start`, if anything; sets `end` past it.
std::optional<SyntaxError> explain_string(std::string_view text,
                                          std::size_t start,
                                          std::size_t& end) {
  constexpr std::string_view kKnownEscapes = "an escape such as \\n, \\\" or \\u00e9";
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      end = i + 1;
      // Only half a surrogate pair is left of what the parser refuses.
      return std::nullopt;
    }
    if (c == '\n' || c == '\r') break;
    if (static_cast<unsigned char>(c) < 0x20) {
      return SyntaxError{i, "a string holds a control character",
                         "\\t for a tab, \\u0001 and so on"};
    }
    if (c != '\\') continue;
    const char escape = ++i < text.size() ? text[i] : '\n';
    if (escape == 'u') {
      const auto digits = text.substr(i + 1, 4);
      if (digits.size() < 4 || !std::ranges::all_of(digits, is_hexadecimal)) {
        return SyntaxError{i, "a \\u in a string lacks its four hexadecimal digits", "\\u00e9"};
      }
      i += 4;
    } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
      return SyntaxError{i, "a string holds an unknown escape", std::string(kKnownEscapes)};
    }
  }
  return SyntaxError{start, "the string that starts here has no closing quote on its line",
                     "\"text\""};
}

// One bracket or separator, or all up to the next blank or bracket.
std::string_view token_at(std::string_view text, std::size_t start) {
  constexpr std::string_view kSingle = ",:[]{}/";
  if (kSingle.find(text[start]) != std::string_view::npos) return text.substr(start, 1);
  return text.substr(start, text.find_first_of(" \t\r\n,:[]{}\"/", start + 1) - start);
}

// The offending token for the message.
std::string found_token(std::string_view text, std::size_t start, std::size_t string_end) {
  if (text[start] == '"') return in_quotes(text.substr(start + 1, string_end - start - 2));
  const std::string content = in_quotes(token_at(text, start));
  return "'" + content.substr(1, content.size() - 2) + "'";
}

// Whether none of eight bytes is 0 or beyond ASCII; most of a file is such.
bool is_plain(std::uint64_t bytes) {
  constexpr std::uint64_t kEachOne = 0x0101010101010101;
  constexpr std::uint64_t kEachTop = 0x8080808080808080;
  // Taking 1 from a byte of 0 borrows into its top bit.
  return (((bytes - kEachOne) | bytes) & kEachTop) == 0;
}

// What the parser was waiting for, in words.
std::string wanted(const ParsePosition& position, std::string_view separators) {
  const bool in_object = position.container == Container::Object;
  switch (position.last) {
    case LastToken::None: return "a value: an object starts with {";
    case LastToken::Key: return separators == ":" ? "a value" : "':' and a value after the key";
    case LastToken::Open: return in_object ? "a key in double quotes, or }" : "a value, or ]";
    case LastToken::Value: break;
  }
  if (position.container == Container::None) return "nothing after the end of the document";
  if (separators == ",") return in_object ? "a key in double quotes" : "a value";
  return in_object ? "',' and the next key, or }" : "',' and the next value, or ]";
}

// Whether `token` is a whole number, fraction or exponent form of JSON: the parser refuses such a
// token only when it is too large.
bool is_number(std::string_view token) {
  const auto skip_digits = [&] {
    const std::size_t digits = std::min(token.find_first_not_of("0123456789"), token.size());
    token.remove_prefix(digits);
    return digits > 0;
  };
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool zero_first = token.size() > 1 && token[0] == '0' && token[1] >= '0' && token[1] <= '9';
  if (zero_first || !skip_digits()) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  return token.empty();
}

bool is_literal_start(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.' || c == '\'';
}

}  // namespace

SyntaxError too_large_number(std::string_view token, std::size_t offset) {
  constexpr std::size_t kMost = 40;
  std::string start(token.substr(0, kMost));
  if (token.size() > kMost) start += "…";
  return {offset, "the number " + start + " is too long or its exponent too large",
          "a number such as 8 or 0.5"};
}

SyntaxError explain_syntax_error(std::string_view text, ParsePosition position) {
  const Gap gap = read_gap(text, position.after);
  std::string expected = wanted(position, gap.separators);
  if (gap.comment_is_open) return {gap.end, "the comment that starts here never ends", "*/"};
  if (gap.end == text.size()) return {gap.end, "the text ends too early", expected};

  const char first = text[gap.end];
  std::size_t string_end = 0;
  if (first == '"') {
    if (auto error = explain_string(text, gap.end, string_end)) return *error;
  }
  if (expected.starts_with("a value") && is_number(token_at(text, gap.end))) {
    return too_large_number(token_at(text, gap.end), gap.end);
  }
  const std::string found = found_token(text, gap.end, string_end);
  if (gap.separators == "," && (first == ']' || first == '}')) {
    return {gap.end, "a comma stands before " + found, "no comma after the last entry"};
  }
  const bool value_wanted = expected.starts_with("a value");
  if (first == '"' && (value_wanted || expected.starts_with("a key"))) {
    return {gap.end, "the string " + found + " holds half a surrogate pair", "\\ud83d\\ude00"};
  }
  if (is_literal_start(first) && value_wanted) {
    expected += "; text stands in double quotes, numbers look like 8 or 0.5";
  }
  return {gap.end, "found " + found, expected};
}

std::optional<SyntaxError> explain_bad_bytes(std::string_view text) {
  constexpr std::string_view kJson = "JSON text in UTF-8";
  if (text.find_first_not_of(kBlanks) == std::string_view::npos) {
    return SyntaxError{0, "the file is empty", std::string(kJson)};
  }
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) {
      return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U;
    };
    if (i + sizeof(std::uint64_t) <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, sizeof word);
      if (is_plain(word)) {
        i += sizeof word;
        continue;
      }
    }
    const unsigned lead = byte(i);
    if (lead == 0) return SyntaxError{i, "the file holds a zero byte", std::string(kJson)};
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    bool good = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4);
    for (std::size_t k = 1; good && k < length; ++k) good = (byte(i + k) & 0xC0U) == 0x80U;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF (Unicode 15, table 3-7).
    if (lead == 0xE0) good = good && byte(i + 1) >= 0xA0;
    if (lead == 0xED) good = good && byte(i + 1) < 0xA0;
    if (lead == 0xF0) good = good && byte(i + 1) >= 0x90;
    if (lead == 0xF4) good = good && byte(i + 1) < 0x90;
    if (!good) return SyntaxError{i, "the file is not UTF-8", std::string(kJson)};
    i += length;
  }
  return std::nullopt;
}

}  // namespace pleach
