#include "compiler/topology/json_reader.hpp"

#include <algorithm>

#include "compiler/core/suggest.hpp"

namespace pleach {
namespace {

std::string key_name(std::string_view key) { return "key " + in_quotes(key); }

}  // namespace

void JsonReader::report(const JsonValue& value,
                        std::string message,
                        std::string expected,
                        std::string fix) {
  mistakes_.push_back(
      mistake_at(*document_, value, std::move(message), std::move(expected), std::move(fix)));
}

const JsonValue* JsonReader::require(const JsonValue& object,
                                     std::string_view key,
                                     std::string_view expected) {
  if (this->object(object, "this", "an object") == nullptr) return nullptr;
  const JsonValue* const value = find(object, key);
  if (value == nullptr) {
    report(object, key_name(key) + " is missing", std::string(expected));
  }
  return value;
}

const JsonObject* JsonReader::object(const JsonValue& value,
                                     std::string_view what,
                                     std::string_view expected) {
  const auto* content = std::get_if<JsonObject>(&value.content);
  if (content == nullptr) {
    report(value, std::string(what) + " is " + describe(value) + ", not an object",
           std::string(expected));
  }
  return content;
}

const JsonArray* JsonReader::array(const JsonValue& value,
                                   std::string_view what,
                                   std::string_view expected) {
  const auto* content = std::get_if<JsonArray>(&value.content);
  if (content == nullptr) {
    report(value, std::string(what) + " is " + describe(value) + ", not an array",
           std::string(expected));
  }
  return content;
}

const std::string* JsonReader::string(const JsonValue& value,
                                      std::string_view what,
                                      std::string_view expected) {
  const auto* content = std::get_if<std::string>(&value.content);
  if (content == nullptr) {
    report(value, std::string(what) + " is " + describe(value) + ", not a string",
           std::string(expected));
  }
  return content;
}

std::optional<bool> JsonReader::boolean(const JsonValue& value, std::string_view what) {
  if (const auto* content = std::get_if<bool>(&value.content)) return *content;
  report(value, std::string(what) + " is " + describe(value), "true or false");
  return std::nullopt;
}

std::optional<Rational> JsonReader::number(const JsonValue& value,
                                           std::string_view what,
                                           std::string_view expected) {
  if (const auto* content = std::get_if<JsonNumber>(&value.content)) return to_rational(*content);
  report(value, std::string(what) + " is " + describe(value) + ", not a number",
         std::string(expected));
  return std::nullopt;
}

std::optional<std::int64_t> JsonReader::whole_number(const JsonValue& value,
                                                     std::string_view what,
                                                     std::int64_t least,
                                                     std::int64_t most) {
  if (const auto* content = std::get_if<JsonNumber>(&value.content)) {
    const Rational number = to_rational(*content);
    if (number.den() == Integer(1) && number.num() >= Integer(least) &&
        number.num() <= Integer(most)) {
      return number.num().int64();
    }
  }
  report(value, std::string(what) + " is " + describe(value),
         "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

const JsonObject* JsonReader::require_object(const JsonValue& object,
                                             std::string_view key,
                                             std::string_view expected) {
  const JsonValue* const value = require(object, key, expected);
  return value == nullptr ? nullptr : this->object(*value, key_name(key), expected);
}

const JsonArray* JsonReader::require_array(const JsonValue& object,
                                           std::string_view key,
                                           std::string_view expected) {
  const JsonValue* const value = require(object, key, expected);
  return value == nullptr ? nullptr : array(*value, key_name(key), expected);
}

const std::string* JsonReader::require_string(const JsonValue& object,
                                              std::string_view key,
                                              std::string_view expected) {
  const JsonValue* const value = require(object, key, expected);
  return value == nullptr ? nullptr : string(*value, key_name(key), expected);
}

void JsonReader::check_keys(const JsonValue& object,
                            std::string_view what,
                            std::span<const std::string_view> known) {
  const auto* members = std::get_if<JsonObject>(&object.content);
  if (members == nullptr) return;
  for (const auto& [key, value] : *members) {
    if (key == "$comment" || key.starts_with("x-")) continue;
    if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
    std::string expected;
    for (const std::string_view name : known) {
      expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    report(value, std::string(what) + " has the unknown key " + in_quotes(key),
           "one of: " + expected, did_you_mean(key, known));
  }
}

}  // namespace pleach
