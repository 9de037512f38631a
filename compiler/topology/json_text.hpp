// JSON with comments, read into a tree whose every value knows its place in the text.
//
// nlohmann/json does the reading, event by event; the tree is ours because three things matter here
// that its own tree drops: members keep file order, numbers keep the digits that were written (no
// rate ever passes through a double), and a value can be traced back to its line and JSON pointer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/core/result.hpp"

namespace pleach {

struct JsonValue;
using JsonMember = std::pair<std::string, JsonValue>;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>;  // in file order; keys differ

// A number as written: "12", "0.802", "1e-3". See to_rational.
struct JsonNumber {
  std::string text;
};

struct JsonValue {
  std::variant<std::nullptr_t, bool, JsonNumber, std::string, JsonArray, JsonObject> content;
  std::size_t offset = 0;  // of the last byte of its first token; grows from value to value
};

// A whole parsed file. Movable; the tree never changes.
struct JsonDocument {
  std::string file;  // as diagnostics name it
  JsonValue root;
  std::vector<std::size_t> line_starts;  // offset of the first byte of each line
};

// Reads `text`, UTF-8 with // and /* */ comments, a byte order mark at most at its start. `file` is
// the name that diagnostics carry. Errors, each with its line: an empty or binary text, wrong
// UTF-8, a syntax error (the first one only: what follows can not be trusted), arrays and objects
// nested more than kMaxJsonDepth deep, and every duplicate key. Cost: linear in the text; the stack
// does not grow with the nesting.
[[nodiscard]] Result<JsonDocument> parse_json(std::string_view text, std::string file);
inline constexpr std::size_t kMaxJsonDepth = 100;

// The line, counted from 1, and the JSON pointer (RFC 6901) of the value at `offset`, which must be
// JsonValue::offset of a value of this document. Cost: depth times log of the text.
[[nodiscard]] int line_at(const JsonDocument& document, std::size_t offset);
[[nodiscard]] std::string pointer_at(const JsonDocument& document, std::size_t offset);

// A mistake at `value`, which must be part of `document`.
[[nodiscard]] Diagnostic mistake_at(const JsonDocument& document,
                                    const JsonValue& value,
                                    std::string message,
                                    std::string expected = "",
                                    std::string fix = "");

// The member `key` of an object; null when absent or when `value` is no object.
[[nodiscard]] const JsonValue* find(const JsonValue& value, std::string_view key);

// The exact value of a number.
[[nodiscard]] Rational to_rational(const JsonNumber& number);

// For messages: `12`, `"text"` (shortened when long), `true`, `null`, `an array`, `an object`.
[[nodiscard]] std::string describe(const JsonValue& value);

// The text between double quotes; control characters escaped, shortened past about 60 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace pleach
