// Says in plain words why a text is no JSON. Internal to json_text.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pleach {

enum class LastToken { None, Open, Key, Value };  // Value: also a closing bracket
enum class Container { None, Array, Object };

// Where the parser stopped: `after` is the end of the last good token (not counting , and :),
// `last` its kind, `container` the innermost one that is still open.
struct ParsePosition {
  std::size_t after = 0;
  LastToken last = LastToken::None;
  Container container = Container::None;
};

struct SyntaxError {
  std::size_t offset = 0;  // of the offending byte; the text's size when it ends too early
  std::string message;
  std::string expected;
};

// The parser reads no such number, or exact arithmetic would write out too many digits of it.
[[nodiscard]] SyntaxError too_large_number(std::string_view token, std::size_t offset);

[[nodiscard]] SyntaxError explain_syntax_error(std::string_view text, ParsePosition position);

// An empty text, a zero byte, or a byte sequence that is no UTF-8.
[[nodiscard]] std::optional<SyntaxError> explain_bad_bytes(std::string_view text);

}  // namespace pleach
