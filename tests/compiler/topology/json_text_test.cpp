#include "compiler/topology/json_text.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

JsonDocument parsed(std::string_view text) {
  auto document = parse_json(text, "f");
  if (!document.ok()) FAIL(print(document.mistakes()));
  return std::move(document).value();
}

std::string mistakes_of(std::string_view text) {
  const auto document = parse_json(text, "f");
  return document.ok() ? "" : print(document.mistakes());
}

TEST_CASE("members keep file order and numbers keep their digits") {
  const JsonDocument document =
      parsed(R"({"z": 1, "a": [1.50, -2e3, 123456789012345678901234567890, true, null, "x\n"]})");
  const auto& members = std::get<JsonObject>(document.root.content);
  REQUIRE(members.size() == 2);
  CHECK(members[0].first == "z");
  CHECK(members[1].first == "a");
  const auto& items = std::get<JsonArray>(members[1].second.content);
  REQUIRE(items.size() == 6);
  CHECK(std::get<JsonNumber>(items[0].content).text == "1.50");
  CHECK(to_rational(std::get<JsonNumber>(items[0].content)) == Rational(3, 2));
  CHECK(to_rational(std::get<JsonNumber>(items[1].content)) == Rational(-2000));
  CHECK(std::get<JsonNumber>(items[2].content).text == "123456789012345678901234567890");
  CHECK(std::get<bool>(items[3].content));
  CHECK(std::holds_alternative<std::nullptr_t>(items[4].content));
  CHECK(std::get<std::string>(items[5].content) == "x\n");
}

TEST_CASE("every value knows its line and pointer") {
  const std::string text =
      "// comment\n"
      "{ \"a\": 12\n"
      ", \"b/~\": [ 0\n"
      ", /* two\n"
      "lines */ {\"c\": \"x\"},\n"
      "[],\n"
      "-0.5]\n"
      "}";
  const JsonDocument document = parsed(text);
  const auto place = [&](const JsonValue& value) {
    return std::to_string(line_at(document, value.offset)) + " " +
           pointer_at(document, value.offset);
  };
  CHECK(place(document.root) == "2 ");
  CHECK(place(*find(document.root, "a")) == "2 /a");
  const JsonValue& array = *find(document.root, "b/~");
  CHECK(place(array) == "3 /b~1~0");
  const auto& items = std::get<JsonArray>(array.content);
  CHECK(place(items[0]) == "3 /b~1~0/0");
  CHECK(place(items[1]) == "5 /b~1~0/1");
  CHECK(place(*find(items[1], "c")) == "5 /b~1~0/1/c");
  CHECK(place(items[2]) == "6 /b~1~0/2");
  CHECK(place(items[3]) == "7 /b~1~0/3");
  CHECK(find(document.root, "nothing") == nullptr);
  CHECK(find(array, "nothing") == nullptr);
}

TEST_CASE("a document may be any value, and comments may stand anywhere") {
  CHECK(describe(parsed("12").root) == "12");
  CHECK(describe(parsed("/* a */ [ // b\n ] // c").root) == "an array");
  CHECK(describe(parsed("\xEF\xBB\xBF{}").root) == "an object");
}

TEST_CASE("to_rational knows exponents") {
  CHECK(to_rational({"1e-3"}) == Rational(1, 1000));
  CHECK(to_rational({"2.5E+2"}) == Rational(250));
  CHECK(to_rational({"-7"}) == Rational(-7));
  CHECK(to_rational({"0.802"}) == Rational(401, 500));
}

TEST_CASE("syntax errors say what was found and what should stand there") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "f:1: error: the file is empty\n  expected: JSON text in UTF-8\n"},
      {" \n\t", "f:1: error: the file is empty\n  expected: JSON text in UTF-8\n"},
      {"\xEF\xBB\xBF\n", "f:1: error: the file is empty\n  expected: JSON text in UTF-8\n"},
      {"\xEF\xBB\xBFx",
       "f:1: error: found 'x'\n  expected: a value: an object starts with {; text stands in double "
       "quotes, numbers look like 8 or 0.5\n"},
      {"{\n\"a\": 1",
       "f:2: error: the text ends too early\n  expected: ',' and the next key, or }\n"
       "  fix: close what opens in line 1\n"},
      {"{\"a\": [1,\n",
       "f:2: error: the text ends too early\n  expected: a value\n"
       "  fix: close what opens in line 1\n"},
      {"{\"a\" 1}", "f:1: error: found '1'\n  expected: ':' and a value after the key\n"},
      {"{\"a\": 1,\n}",
       "f:2: error: a comma stands before '}'\n  expected: no comma after the last entry\n"},
      {"[1, ]",
       "f:1: error: a comma stands before ']'\n  expected: no comma after the last entry\n"},
      {"[1\n2]", "f:2: error: found '2'\n  expected: ',' and the next value, or ]\n"},
      {"[1,, 2]", "f:1: error: found ','\n  expected: a value\n"},
      {"{\"a\": 1 \"b\": 2}", "f:1: error: found \"b\"\n  expected: ',' and the next key, or }\n"},
      {"{a: 1}", "f:1: error: found 'a'\n  expected: a key in double quotes, or }\n"},
      {"{\"a\": 1, b: 2}", "f:1: error: found 'b'\n  expected: a key in double quotes\n"},
      {"[tru]",
       "f:1: error: found 'tru'\n"
       "  expected: a value, or ]; text stands in double quotes, numbers look like 8 or 0.5\n"},
      {"{\"a\": 1e999}",
       "f:1: error: the number 1e999 is too long or its exponent too large\n"
       "  expected: a number such as 8 or 0.5\n"},
      {"[-1.5E+400]",
       "f:1: error: the number -1.5E+400 is too long or its exponent too large\n"
       "  expected: a number such as 8 or 0.5\n"},
      {"[1" + std::string(400, '0') + "]",
       "f:1: error: the number 1" + std::string(39, '0') +
           "… is too long or its exponent too large\n  expected: a number such as 8 or 0.5\n"},
      {"[1e]",
       "f:1: error: found '1e'\n"
       "  expected: a value, or ]; text stands in double quotes, numbers look like 8 or 0.5\n"},
      {"[01]", "f:1: error: found '1'\n  expected: ',' and the next value, or ]\n"},
      {"[1] x", "f:1: error: found 'x'\n  expected: nothing after the end of the document\n"},
      {"]", "f:1: error: found ']'\n  expected: a value: an object starts with {\n"},
      {"/* x\n", "f:1: error: the comment that starts here never ends\n  expected: */\n"},
      {"[\"a\nb\"]",
       "f:1: error: the string that starts here has no closing quote on its line\n  expected: "
       "\"text\"\n"},
      {"[\"a\tb\"]",
       "f:1: error: a string holds a control character\n  expected: \\t for a tab, \\u0001 and so "
       "on\n"},
      {"[\"\\q\"]",
       "f:1: error: a string holds an unknown escape\n"
       "  expected: an escape such as \\n, \\\" or \\u00e9\n"},
      {"[\"\\u12\"]",
       "f:1: error: a \\u in a string lacks its four hexadecimal digits\n  expected: \\u00e9\n"},
      {"[\"\\ud800\"]",
       "f:1: error: the string \"\\ud800\" holds half a surrogate pair\n  expected: "
       "\\ud83d\\ude00\n"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(mistakes_of(text) == expected);
  }
}

TEST_CASE("bytes that are no text") {
  CHECK(mistakes_of(std::string("{}\0", 3)) ==
        "f:1: error: the file holds a zero byte\n  expected: JSON text in UTF-8\n");
  for (const char* bad : {"\n\xFF", "\n\x80", "\n\xC0\xAF", "\n\xE0\x80\x80", "\n\xED\xA0\x80",
                          "\n\xF4\x90\x80\x80", "\n\xF5\x80\x80\x80", "\n\xC3", "\n\xE2\x82"}) {
    CHECK(mistakes_of("\"" + std::string(bad)) ==
          "f:2: error: the file is not UTF-8\n  expected: JSON text in UTF-8\n");
  }
  const std::string good = "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBF\"";
  CHECK(mistakes_of(good).empty());
}

TEST_CASE("all duplicate keys are reported, in small and in large objects") {
  CHECK(mistakes_of("{\"a\": 1,\n\"a\": 2,\n\"b\": {\"c\": 1,\n\"c\": {\"a\": 1}}}") ==
        "f:2: error: the key \"a\" stands twice in one object\n"
        "  expected: every key once\n  fix: delete or rename one of them\n"
        "f:4: error: the key \"c\" stands twice in one object (/b)\n"
        "  expected: every key once\n  fix: delete or rename one of them\n");
  std::string large = "{";
  for (int i = 0; i < 1000; ++i) large += "\"k" + std::to_string(i) + "\": {\"k1\": 0},\n";
  const auto document = parse_json(large + "\"k7\": 0, \"new\": 0, \"k999\": 0}", "f");
  REQUIRE_FALSE(document.ok());
  REQUIRE(document.mistakes().size() == 2);
  CHECK(document.mistakes()[0].message == "the key \"k7\" stands twice in one object");
  CHECK(document.mistakes()[0].line == 1001);
  CHECK(document.mistakes()[1].message == "the key \"k999\" stands twice in one object");
}

TEST_CASE("nesting is limited before it can hurt") {
  const auto nested = [](std::size_t depth, const char* open, const char* close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  CHECK(mistakes_of(nested(kMaxJsonDepth, "[", "]")).empty());
  CHECK(mistakes_of(nested(kMaxJsonDepth, "{\"a\":", "}")).empty());
  const std::string expected =
      "f:1: error: arrays and objects are nested more than 100 deep\n"
      "  expected: a pleach file, which needs fewer than ten levels\n";
  CHECK(mistakes_of(nested(kMaxJsonDepth + 1, "[", "]")) == expected);
  CHECK(mistakes_of(nested(kMaxJsonDepth + 1, "{\"a\":", "}")) == expected);
  CHECK(mistakes_of(nested(1'000'000, "[", "]")) == expected);
  CHECK(mistakes_of(nested(1'000'000, "{\"a\":", "}")) == expected);
  CHECK(mistakes_of(std::string(1'000'000, '[')) == expected);
}

TEST_CASE("numbers that would cost memory are refused") {
  CHECK(mistakes_of("[1e-99999]") ==
        "f:1: error: the number 1e-99999 is too long or its exponent too large\n"
        "  expected: a number such as 8 or 0.5\n");
  CHECK(mistakes_of("[0." + std::string(5000, '1') + "]") ==
        "f:1: error: the number 0." + std::string(38, '1') +
            "… is too long or its exponent too large\n  expected: a number such as 8 or 0.5\n");
}

TEST_CASE("quotes for messages") {
  CHECK(in_quotes("gpu0") == "\"gpu0\"");
  CHECK(in_quotes("a\nb") == "\"a\\x0ab\"");
  CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "…\"");
  // A character of two bytes is not cut in half.
  CHECK(in_quotes(std::string(59, 'x') + "\xC3\xA9yz") ==
        "\"" + std::string(59, 'x') + "\xC3\xA9…\"");
}

}  // namespace
}  // namespace pleach
