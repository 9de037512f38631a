#include "compiler/topology/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "compiler/core/check.hpp"
#include "compiler/topology/json_syntax.hpp"

namespace pleach {
namespace {

// Lets the event handler see how far the parser has read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* position, const char** farthest)
      : position_(position), farthest_(farthest) {}
  reference operator*() const { return *position_; }
  CountingIterator& operator++() {
    *farthest_ = ++position_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return position_ == other.position_; }
  bool operator!=(const CountingIterator& other) const { return position_ != other.position_; }

 private:
  const char* position_;
  const char** farthest_;
};

// Takes the parser's events and builds the tree. A `false` from any of them ends the parse.
class TreeBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  TreeBuilder(std::string_view text, JsonDocument& document)
      : text_(text), document_(&document), farthest_(text.data()) {}

  [[nodiscard]] const char** farthest() { return &farthest_; }
  [[nodiscard]] Diagnostics& mistakes() { return mistakes_; }

  bool null() { return take(nullptr); }
  bool boolean(bool content) { return take(content); }
  bool number_integer(number_integer_t content) { return take_number(std::to_string(content)); }
  bool number_unsigned(number_unsigned_t content) { return take_number(std::to_string(content)); }
  bool number_float(number_float_t, const string_t& text) { return take_number(text); }
  bool string(string_t& content) { return take(std::move(content)); }
  bool binary(binary_t&) { return false; }  // no event of JSON text
  bool start_object(std::size_t) { return open(JsonObject{}); }
  bool start_array(std::size_t) { return open(JsonArray{}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& name) {
    note_token();
    last_ = LastToken::Key;
    auto& object = std::get<JsonObject>(open_.back()->content);
    if (is_duplicate(object, name)) {
      mistakes_.push_back({.file = document_->file,
                           .line = line_at(*document_, last_byte()),
                           .pointer = pointer_at(*document_, open_.back()->offset),
                           .message = "the key " + in_quotes(name) + " stands twice in one object",
                           .expected = "every key once",
                           .fix = "delete or rename one of them"});
    }
    object.emplace_back(std::move(name), JsonValue{});
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) {
    SyntaxError error = explain_syntax_error(text_, {read_until_, last_, container()});
    mistakes_.push_back({.file = document_->file,
                         .line = line_at(*document_, error.offset),
                         .pointer = "",
                         .message = std::move(error.message),
                         .expected = std::move(error.expected),
                         .fix = ""});
    if (error.offset == text_.size() && !open_.empty()) {
      mistakes_.back().fix =
          "close what opens in line " + std::to_string(line_at(*document_, open_.back()->offset));
    }
    return false;
  }

 private:
  [[nodiscard]] std::size_t last_byte() const { return read_until_ - 1; }

  // The parser has just read a token.
  void note_token() { read_until_ = static_cast<std::size_t>(farthest_ - text_.data()); }

  // A number ends only where the parser has seen the byte after it, and that byte is no digit,
  // except after a lone 0; the end of the text gives no such byte.
  void note_number(bool is_zero) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    note_token();
    const bool two_digits = read_until_ >= 2 && is_digit(farthest_[-1]) && is_digit(farthest_[-2]);
    if (!is_digit(farthest_[-1]) || (is_zero && two_digits)) --read_until_;
  }

  [[nodiscard]] Container container() const {
    if (open_.empty()) return Container::None;
    return std::holds_alternative<JsonArray>(open_.back()->content) ? Container::Array
                                                                    : Container::Object;
  }

  JsonValue* slot() {
    if (open_.empty()) return &document_->root;
    if (auto* array = std::get_if<JsonArray>(&open_.back()->content)) {
      return &array->emplace_back();
    }
    return &std::get<JsonObject>(open_.back()->content).back().second;
  }

  // Puts a value whose first token was noted at its place in the tree.
  template <class Content>
  JsonValue* place(Content&& content) {
    JsonValue* const value = slot();
    value->content = std::forward<Content>(content);
    value->offset = last_byte();
    last_ = LastToken::Value;
    return value;
  }

  template <class Content>
  bool take(Content&& content) {
    note_token();
    place(std::forward<Content>(content));
    return true;
  }

  bool take_number(std::string text) {
    note_number(text == "0" || text == "-0");
    // Exact arithmetic writes every digit out, so both lengths are memory and time.
    constexpr std::size_t kLongestNumber = 200;
    constexpr std::string_view kLargestExponent = "e-999";
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    if (text.size() > kLongestNumber || text.size() - e > kLargestExponent.size()) {
      SyntaxError error = too_large_number(text, last_byte());
      return stop(std::move(error.message), std::move(error.expected));
    }
    place(JsonNumber{std::move(text)});
    return true;
  }

  template <class Content>
  bool open(Content content) {
    note_token();
    if (open_.size() == kMaxJsonDepth) {
      return stop(
          "arrays and objects are nested more than " + std::to_string(kMaxJsonDepth) + " deep",
          "a pleach file, which needs fewer than ten levels");
    }
    open_.push_back(place(std::move(content)));
    last_ = LastToken::Open;
    return true;
  }

  bool close() {
    note_token();
    last_ = LastToken::Value;
    open_.pop_back();
    names_.resize(std::min(names_.size(), open_.size()));
    return true;
  }

  // Small objects are searched; large ones, which only hostile or generated files have, get a set.
  bool is_duplicate(const JsonObject& object, const std::string& name) {
    constexpr std::size_t kSmall = 16;
    if (object.size() < kSmall) {
      return std::ranges::any_of(object, [&](const auto& member) { return member.first == name; });
    }
    names_.resize(open_.size());
    auto& names = names_.back();
    if (names.empty()) {
      for (const auto& member : object) names.insert(member.first);
    }
    return !names.insert(name).second;
  }

  bool stop(std::string message, std::string expected) {
    mistakes_.push_back({.file = document_->file,
                         .line = line_at(*document_, last_byte()),
                         .pointer = "",
                         .message = std::move(message),
                         .expected = std::move(expected),
                         .fix = ""});
    return false;
  }

  std::string_view text_;
  JsonDocument* document_;
  const char* farthest_;
  std::size_t read_until_ = 0;  // end of the last token that made an event
  LastToken last_ = LastToken::None;
  std::vector<JsonValue*> open_;  // outermost first; their addresses hold while they are open
  std::vector<std::unordered_set<std::string>> names_;  // of the large ones among them
  Diagnostics mistakes_;
};

std::vector<std::size_t> find_line_starts(std::string_view text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    starts.push_back(at + 1);
  }
  return starts;
}

std::string escaped_for_pointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// The last of a container's values that starts at or before `offset`.
template <class Values, class Offset>
std::size_t holder(const Values& values, std::size_t offset, Offset offset_of) {
  const auto after = std::partition_point(
      values.begin(), values.end(), [&](const auto& value) { return offset_of(value) <= offset; });
  ENSURE(after != values.begin(), "the offset belongs to no value of the document");
  return static_cast<std::size_t>(after - values.begin()) - 1;
}

}  // namespace

Result<JsonDocument> parse_json(std::string_view text, std::string file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  // Before the lines are counted: such a text may hold a hundred million line ends.
  if (const auto error = explain_bad_bytes(text)) {
    const auto lines = std::ranges::count(text.substr(0, error->offset), '\n');
    return Diagnostic{.file = std::move(file),
                      .line = static_cast<int>(lines) + 1,
                      .pointer = "",
                      .message = error->message,
                      .expected = error->expected,
                      .fix = ""};
  }
  JsonDocument document{.file = std::move(file), .root = {}, .line_starts = find_line_starts(text)};
  TreeBuilder builder(text, document);
  nlohmann::json::sax_parse(CountingIterator(text.data(), builder.farthest()),
                            CountingIterator(text.data() + text.size(), builder.farthest()),
                            &builder, nlohmann::json::input_format_t::json,
                            /*strict=*/true,
                            /*ignore_comments=*/true);
  if (!builder.mistakes().empty()) return std::move(builder.mistakes());
  return document;
}

int line_at(const JsonDocument& document, std::size_t offset) {
  const auto& starts = document.line_starts;
  return static_cast<int>(std::ranges::upper_bound(starts, offset) - starts.begin());
}

std::string pointer_at(const JsonDocument& document, std::size_t offset) {
  std::string pointer;
  const JsonValue* value = &document.root;
  while (value->offset != offset) {
    if (const auto* array = std::get_if<JsonArray>(&value->content)) {
      const std::size_t i =
          holder(*array, offset, [](const JsonValue& item) { return item.offset; });
      pointer += "/" + std::to_string(i);
      value = &(*array)[i];
    } else {
      const auto* object = std::get_if<JsonObject>(&value->content);
      ENSURE(object != nullptr, "the offset belongs to no value of the document");
      const std::size_t i =
          holder(*object, offset, [](const JsonMember& member) { return member.second.offset; });
      pointer += "/" + escaped_for_pointer((*object)[i].first);
      value = &(*object)[i].second;
    }
  }
  return pointer;
}

Diagnostic mistake_at(const JsonDocument& document,
                      const JsonValue& value,
                      std::string message,
                      std::string expected,
                      std::string fix) {
  return {.file = document.file,
          .line = line_at(document, value.offset),
          .pointer = pointer_at(document, value.offset),
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

const JsonValue* find(const JsonValue& value, std::string_view key) {
  const auto* object = std::get_if<JsonObject>(&value.content);
  if (object == nullptr) return nullptr;
  const auto member = std::ranges::find_if(*object, [&](const auto& m) { return m.first == key; });
  return member == object->end() ? nullptr : &member->second;
}

Rational to_rational(const JsonNumber& number) {
  const std::string_view text = number.text;
  const auto e = text.find_first_of("eE");
  Rational value = Rational::parse(text.substr(0, e)).value();
  if (e == std::string_view::npos) return value;
  std::string_view digits = text.substr(e + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int exponent = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  for (; exponent > 0; --exponent) value *= 10;
  for (; exponent < 0; ++exponent) value /= 10;
  return value;
}

std::string describe(const JsonValue& value) {
  struct Describe {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool content) const { return content ? "true" : "false"; }
    std::string operator()(const JsonNumber& number) const { return number.text; }
    std::string operator()(const std::string& content) const { return in_quotes(content); }
    std::string operator()(const JsonArray&) const { return "an array"; }
    std::string operator()(const JsonObject&) const { return "an object"; }
  };
  return std::visit(Describe{}, value.content);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Cut between characters: 10xxxxxx continues one.
    if (i >= kLongest && (byte & 0xC0U) != 0x80U) return result + "…\"";
    if (byte < 0x20 || byte == 0x7F) {
      result += "\\x";
      result += kHexadecimal[byte >> 4U];
      result += kHexadecimal[byte & 0xFU];
    } else {
      result += text[i];
    }
  }
  return result + "\"";
}

}  // namespace pleach
