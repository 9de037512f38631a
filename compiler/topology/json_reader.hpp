// Typed decoding of a JsonDocument: every function returns the value or notes the mistake.
//
// A decoder asks for what it wants, skips what came back empty, and goes on, so that all mistakes
// of a file are reported at once:
//   JsonReader reader(document);
//   if (const JsonValue* name = reader.require(root, "name", R"(e.g. "pair")")) …
//   if (reader.failed()) return reader.mistakes();
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/topology/json_text.hpp"

namespace pleach {

class JsonReader {
 public:
  // `document` must outlive the reader.
  explicit JsonReader(const JsonDocument& document) : document_(&document) {}

  [[nodiscard]] const JsonDocument& document() const { return *document_; }
  [[nodiscard]] bool failed() const { return !mistakes_.empty(); }
  // Everything noted so far; grows with every note.
  [[nodiscard]] std::size_t num_notes() const { return mistakes_.size(); }
  // What was noted, but a misspelt key and the absence of the key it stands for are one mistake:
  // that of the spelling. Not empty when failed().
  [[nodiscard]] Diagnostics mistakes() const;

  // Notes a mistake at `value`, which must be part of the document.
  void report(const JsonValue& value,
              std::string message,
              std::string expected = "",
              std::string fix = "");

  // Notes that `object` lacks a member; any of `keys` would fill the gap.
  void report_missing(const JsonValue& object,
                      std::initializer_list<std::string_view> keys,
                      std::string message,
                      std::string_view expected);

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
  // A string without control characters: it will be printed, and ids are hashed line by line.
  const std::string* plain_string(const JsonValue& value,
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
  // With UnknownKeys::Kept only those that look like a known key which the object lacks.
  enum class UnknownKeys { Refused, Kept };
  void check_keys(const JsonValue& object,
                  std::string_view what,
                  std::span<const std::string_view> known,
                  UnknownKeys unknown = UnknownKeys::Refused);
  void check_keys(const JsonValue& object,
                  std::string_view what,
                  std::initializer_list<std::string_view> known,
                  UnknownKeys unknown = UnknownKeys::Refused) {
    check_keys(object, what, std::span(known.begin(), known.size()), unknown);
  }

 private:
  // A note about a key that an object lacks.
  struct Absence {
    std::size_t note = 0;    // position in mistakes_
    std::size_t object = 0;  // offset in the document
    std::string key;
  };

  const JsonDocument* document_;
  Diagnostics mistakes_;
  std::vector<Absence> absences_;
  std::set<std::pair<std::size_t, std::string>> misspelt_;  // offset of the object, key meant
};

}  // namespace pleach
