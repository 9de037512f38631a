// Typed decoding of a JsonDocument: every function returns the value or notes the mistake.
//
// A decoder asks for what it wants, skips what came back empty, and goes on, so that all mistakes
// of a file are reported at once:
//   JsonReader reader(document);
//   if (const JsonValue* name = reader.require(root, "name", R"(e.g. "pair")")) …
//   if (reader.failed()) return std::move(reader).mistakes();
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "compiler/topology/json_text.hpp"

namespace pleach {

class JsonReader {
 public:
  // `document` must outlive the reader.
  explicit JsonReader(const JsonDocument& document) : document_(&document) {}

  [[nodiscard]] const JsonDocument& document() const { return *document_; }
  [[nodiscard]] bool failed() const { return !mistakes_.empty(); }
  [[nodiscard]] const Diagnostics& mistakes() const& { return mistakes_; }
  [[nodiscard]] Diagnostics&& mistakes() && { return std::move(mistakes_); }

  // Notes a mistake at `value`, which must be part of the document.
  void report(const JsonValue& value,
              std::string message,
              std::string expected = "",
              std::string fix = "");

  // The member `key` of `object`, or a note that it is missing (or that `object` is no object).
  const JsonValue* require(const JsonValue& object,
                           std::string_view key,
                           std::string_view expected);

  // The content of `value` when it has the type, or a note "`what` is 12, not a string". `what`
  // names the value in the message, without quotes: `key "bandwidth"`, `a route`.
  const JsonObject* object(const JsonValue& value,
                           std::string_view what,
                           std::string_view expected);
  const JsonArray* array(const JsonValue& value, std::string_view what, std::string_view expected);
  const std::string* string(const JsonValue& value,
                            std::string_view what,
                            std::string_view expected);
  std::optional<bool> boolean(const JsonValue& value, std::string_view what);
  std::optional<Rational> number(const JsonValue& value,
                                 std::string_view what,
                                 std::string_view expected);
  // A whole number in [least, most].
  std::optional<std::int64_t> whole_number(const JsonValue& value,
                                           std::string_view what,
                                           std::int64_t least,
                                           std::int64_t most);

  // require and then the type, for the common case. The value's name in messages is `key "…"`.
  const JsonObject* require_object(const JsonValue& object,
                                   std::string_view key,
                                   std::string_view expected);
  const JsonArray* require_array(const JsonValue& object,
                                 std::string_view key,
                                 std::string_view expected);
  const std::string* require_string(const JsonValue& object,
                                    std::string_view key,
                                    std::string_view expected);

  // Notes every member of `object` whose key is not in `known`, with "did you mean"; `$comment` and
  // `x-…` are always fine. `what` names the object: "a link". Does nothing when it is no object.
  void check_keys(const JsonValue& object,
                  std::string_view what,
                  std::span<const std::string_view> known);
  void check_keys(const JsonValue& object,
                  std::string_view what,
                  std::initializer_list<std::string_view> known) {
    check_keys(object, what, std::span(known.begin(), known.size()));
  }

 private:
  const JsonDocument* document_;
  Diagnostics mistakes_;
};

}  // namespace pleach
