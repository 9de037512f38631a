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

Diagnostics JsonReader::mistakes() const {
  std::vector<bool> is_consequence(mistakes_.size(), false);
  for (const Absence& absence : absences_) {
    if (misspelt_.contains({absence.object, absence.key})) is_consequence[absence.note] = true;
  }
  Diagnostics result;
  for (std::size_t i = 0; i < mistakes_.size(); ++i) {
    if (!is_consequence[i]) result.push_back(mistakes_[i]);
  }
  return result;
}

void JsonReader::report_missing(const JsonValue& object,
                                std::initializer_list<std::string_view> keys,
                                std::string message,
                                std::string_view expected) {
  for (const std::string_view key : keys) {
    absences_.push_back(
        {.note = mistakes_.size(), .object = object.offset, .key = std::string(key)});
  }
  report(object, std::move(message), std::string(expected));
}

const JsonValue* JsonReader::require(const JsonValue& object,
                                     std::string_view key,
                                     std::string_view expected) {
  if (this->object(object, "this", "an object") == nullptr) return nullptr;
  const JsonValue* const value = find(object, key);
  if (value == nullptr) {
    report_missing(object, {key}, key_name(key) + " is missing", expected);
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

const std::string* JsonReader::plain_string(const JsonValue& value,
                                            std::string_view what,
                                            std::string_view expected) {
  const std::string* const content = string(value, what, expected);
  if (content == nullptr) return nullptr;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::none_of(*content, is_control)) return content;
  report(value, std::string(what) + " is " + describe(value) + ", with a control character",
         std::string(expected));
  return nullptr;
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
                            std::span<const std::string_view> known,
                            UnknownKeys unknown) {
  const auto* members = std::get_if<JsonObject>(&object.content);
  if (members == nullptr) return;
  for (const auto& [key, value] : *members) {
    if (key == "$comment" || key.starts_with("x-")) continue;
    if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
    const auto meant = closest_name(key, known);
    if (unknown == UnknownKeys::Kept && (!meant || find(object, *meant) != nullptr)) continue;
    if (meant) misspelt_.emplace(object.offset, *meant);
    std::string expected;
    for (const std::string_view name : known) {
      expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    report(value, std::string(what) + " has the unknown key " + in_quotes(key),
           "one of: " + expected, did_you_mean(key, known));
  }
}

}  // namespace pleach
