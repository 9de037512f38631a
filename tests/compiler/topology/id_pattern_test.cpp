#include "compiler/topology/id_pattern.hpp"

#include <limits>

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

const std::vector<std::string> kVariables = {"i", "rail"};

// The id for i = `i` and rail = 3, or what went wrong.
std::string expand(std::string_view text, std::int64_t i = 5) {
  const auto pattern = parse_id_pattern(text, kVariables);
  if (!pattern.ok()) return print(pattern.mistakes());
  std::string id;
  const char* const mistake = append_id(pattern.value(), std::vector<std::int64_t>{i, 3}, id);
  return mistake == nullptr ? id : std::string("mistake: ") + mistake;
}

TEST_CASE("placeholders and expressions") {
  CHECK(expand("gpu") == "gpu");
  CHECK(expand("gpu{i}") == "gpu5");
  CHECK(expand("{i}-{rail}/x") == "5-3/x");
  CHECK(expand("{2*i+1}") == "11");
  CHECK(expand("{2*(i+1)}") == "12");
  CHECK(expand("{ i - rail - 1 }") == "1");
  CHECK(expand("{i*2/3}") == "3");
  CHECK(expand("{i%3}{(i+4)%8}") == "21");
  CHECK(expand("{--i}{-i}") == "5-5");
  CHECK(expand("{1+1}") == "2");
}

TEST_CASE("division rounds down and the remainder has the divisor's sign") {
  CHECK(expand("{i/4}", 7) == "1");
  CHECK(expand("{i/4}", -1) == "-1");
  CHECK(expand("{i%4}", -1) == "3");
  CHECK(expand("{i/(0-4)}", 1) == "-1");
  CHECK(expand("{i%(0-4)}", 1) == "-3");
  CHECK(expand("{i/(0-1)}", 7) == "-7");
  CHECK(expand("{i%(0-1)}", 7) == "0");
}

TEST_CASE("what an expression can not compute is no id") {
  CHECK(expand("{i/0}") == "mistake: divides by zero");
  CHECK(expand("{i%(rail-3)}") == "mistake: divides by zero");
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  CHECK(expand("{i+1}", largest) == "mistake: gives a number beyond 64 bits");
  CHECK(expand("{0-i-2}", largest) == "mistake: gives a number beyond 64 bits");
  CHECK(expand("{i*i}", largest) == "mistake: gives a number beyond 64 bits");
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  CHECK(expand("{-i}", lowest) == "mistake: gives a number beyond 64 bits");
  CHECK(expand("{i/(0-1)}", lowest) == "mistake: gives a number beyond 64 bits");
}

TEST_CASE("mistakes of form") {
  const std::string expected =
      "  expected: whole numbers, variables of \"for\", + - * / % and parentheses, e.g. "
      "{(i+1)%8}\n";
  CHECK(expand("{rial}") ==
        "error: the expression \"{rial}\" uses the unknown variable \"rial\"\n" + expected +
            "  fix: did you mean \"rail\"?\n");
  CHECK(expand("{zzzz}") ==
        "error: the expression \"{zzzz}\" uses the unknown variable \"zzzz\"\n" + expected +
            "  fix: give the variable a range, e.g. \"for\": {\"zzzz\": \"0-7\"}\n");
  CHECK(expand("{}") ==
        "error: the expression \"{}\" ends where a number or variable should stand\n" + expected);
  CHECK(expand("{i+}") ==
        "error: the expression \"{i+}\" ends where a number or variable should stand\n" + expected);
  CHECK(expand("{i*/2}") ==
        "error: the expression \"{i*/2}\" has \"/\" where a number or variable should stand\n" +
            expected);
  CHECK(expand("{(i}") == "error: the expression \"{(i}\" lacks a )\n" + expected);
  CHECK(expand("{i)}") ==
        "error: the expression \"{i)}\" ends in something unexpected\n" + expected);
  CHECK(expand("{i rail}") ==
        "error: the expression \"{i rail}\" ends in something unexpected\n" + expected);
  CHECK(expand("{99999999999999999999}") ==
        "error: the expression \"{99999999999999999999}\" holds a number beyond 64 bits\n" +
            expected);
  CHECK(expand("{" + std::string(300, '(') + "}").find("is too long") != std::string::npos);
  const std::string braces = "  expected: every { with its }, e.g. \"gpu{g}\"\n";
  CHECK(expand("gpu{i") == "error: the id \"gpu{i\" has a { without its }\n" + braces);
  CHECK(expand("gpu}") == "error: the id \"gpu}\" has a } without its {\n" + braces);
  CHECK(expand("{{i}}") == "error: the id \"{{i}}\" has a { without its }\n" + braces);
}

}  // namespace
}  // namespace pleach
