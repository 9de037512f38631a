#include "compiler/topology/json_reader.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

TEST_CASE("typed access returns content or notes the mistake, and goes on") {
  const JsonDocument document = parse_json(R"({
    "text": "x", "number": 0.5, "whole": 8.0, "flag": true, "list": [1], "object": {}
  })",
                                           "f")
                                    .value();
  JsonReader reader(document);
  const JsonValue& root = document.root;
  CHECK(*reader.require_string(root, "text", "a word") == "x");
  CHECK(reader.number(*find(root, "number"), "n", "a number") == Rational(1, 2));
  CHECK(reader.whole_number(*find(root, "whole"), "n", 1, 8) == 8);
  CHECK(reader.boolean(*find(root, "flag"), "f") == true);
  CHECK(reader.require_array(root, "list", "")->size() == 1);
  CHECK(reader.require_object(root, "object", "")->empty());
  CHECK_FALSE(reader.failed());

  CHECK(reader.require_string(root, "number", "a word") == nullptr);
  CHECK(reader.require(root, "absent", "something") == nullptr);
  CHECK_FALSE(reader.whole_number(*find(root, "whole"), R"(key "whole")", 9, 20).has_value());
  CHECK_FALSE(reader.whole_number(*find(root, "number"), "half", 0, 20).has_value());
  CHECK_FALSE(reader.boolean(*find(root, "text"), R"(key "text")").has_value());
  CHECK_FALSE(reader.number(*find(root, "list"), R"(key "list")", "a number").has_value());
  CHECK(reader.require_array(root, "object", "a list") == nullptr);
  CHECK(reader.require_object(root, "list", "") == nullptr);
  CHECK(reader.require(*find(root, "text"), "inside", "") == nullptr);
  CHECK(print(reader.mistakes()) ==
        "f:2: error: key \"number\" is 0.5, not a string (/number)\n  expected: a word\n"
        "f:1: error: key \"absent\" is missing\n  expected: something\n"
        "f:2: error: key \"whole\" is 8.0 (/whole)\n  expected: a whole number from 9 to 20\n"
        "f:2: error: half is 0.5 (/number)\n  expected: a whole number from 0 to 20\n"
        "f:2: error: key \"text\" is \"x\" (/text)\n  expected: true or false\n"
        "f:2: error: key \"list\" is an array, not a number (/list)\n  expected: a number\n"
        "f:2: error: key \"object\" is an object, not an array (/object)\n  expected: a list\n"
        "f:2: error: key \"list\" is an array, not an object (/list)\n"
        "f:2: error: this is \"x\", not an object (/text)\n  expected: an object\n");
}

TEST_CASE("unknown keys get a suggestion; comments and extensions are fine") {
  const JsonDocument document = parse_json(R"({
    "$comment": 1, "x-site": 2, "format": 3,
    "fromat": 4,
    "zzz": 5
  })",
                                           "f")
                                    .value();
  JsonReader reader(document);
  reader.check_keys(document.root, "a file", {"format", "name"});
  CHECK(print(reader.mistakes()) ==
        "f:3: error: a file has the unknown key \"fromat\" (/fromat)\n"
        "  expected: one of: format, name\n  fix: did you mean \"format\"?\n"
        "f:4: error: a file has the unknown key \"zzz\" (/zzz)\n"
        "  expected: one of: format, name\n");
}

TEST_CASE("a misspelt key and the key that is missing for it are one mistake") {
  const JsonDocument document =
      parse_json(R"([{"tpye": 1}, {"tpye": 1, "zzz": 2}, {"tpye": 1, "type": 2}])", "f").value();
  const auto& items = std::get<JsonArray>(document.root.content);
  // Whichever is noted first.
  JsonReader reader(document);
  CHECK(reader.require(items[0], "type", "a type") == nullptr);
  CHECK(reader.num_notes() == 1);
  reader.check_keys(items[0], "a node", {"id", "type"});
  reader.check_keys(items[1], "a node", {"id", "type"}, JsonReader::UnknownKeys::Kept);
  CHECK(reader.require(items[1], "type", "a type") == nullptr);
  CHECK(reader.require(items[1], "id", "an id") == nullptr);
  // Kept where the key that it looks like is there as well.
  reader.check_keys(items[2], "a node", {"id", "type"}, JsonReader::UnknownKeys::Kept);
  const std::string misspelt = "  expected: one of: id, type\n  fix: did you mean \"type\"?\n";
  CHECK(print(reader.mistakes()) ==
        "f:1: error: a node has the unknown key \"tpye\" (/0/tpye)\n" + misspelt +
            "f:1: error: a node has the unknown key \"tpye\" (/1/tpye)\n" + misspelt +
            "f:1: error: key \"id\" is missing (/1)\n  expected: an id\n");
}

TEST_CASE("text to be printed holds no control characters") {
  const JsonDocument document = parse_json(R"(["gräfin", "a\nb", "\u007f", 3])", "f").value();
  JsonReader reader(document);
  const auto& items = std::get<JsonArray>(document.root.content);
  CHECK(*reader.plain_string(items[0], "the name", "") == "gräfin");
  CHECK(reader.plain_string(items[1], "the name", "") == nullptr);
  CHECK(reader.plain_string(items[2], "the name", "") == nullptr);
  CHECK(reader.plain_string(items[3], "the name", "a text") == nullptr);
  CHECK(print(reader.mistakes()) ==
        "f:1: error: the name is \"a\\x0ab\", with a control character (/1)\n"
        "f:1: error: the name is \"\\x7f\", with a control character (/2)\n"
        "f:1: error: the name is 3, not a string (/3)\n  expected: a text\n");
}

TEST_CASE("an integer beyond 64 bits is no whole number in range") {
  const JsonDocument document = parse_json("[9223372036854775808, 1e3]", "f").value();
  JsonReader reader(document);
  const auto& items = std::get<JsonArray>(document.root.content);
  CHECK_FALSE(reader.whole_number(items[0], "n", 0, 10).has_value());
  CHECK(reader.whole_number(items[1], "n", 0, 1000) == 1000);
}

}  // namespace
}  // namespace pleach
