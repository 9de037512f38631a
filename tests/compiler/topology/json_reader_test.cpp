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

TEST_CASE("an integer beyond 64 bits is no whole number in range") {
  const JsonDocument document = parse_json("[9223372036854775808, 1e3]", "f").value();
  JsonReader reader(document);
  const auto& items = std::get<JsonArray>(document.root.content);
  CHECK_FALSE(reader.whole_number(items[0], "n", 0, 10).has_value());
  CHECK(reader.whole_number(items[1], "n", 0, 1000) == 1000);
}

}  // namespace
}  // namespace pleach
