#include "compiler/topology/name_pattern.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

bool host_matches(std::string_view pattern, std::string_view id) {
  return matches(parse_host_pattern(pattern).value(), id);
}

bool covers(std::string_view pattern, std::string_view id) {
  return matches_subtree(parse_host_pattern(pattern).value(), id);
}

TEST_CASE("plain ids match themselves") {
  CHECK(host_matches("box0/gpu1", "box0/gpu1"));
  CHECK_FALSE(host_matches("box0/gpu1", "box0/gpu11"));
  CHECK_FALSE(host_matches("box0/gpu1", "box0/gpu"));
}

TEST_CASE("a star stands for any characters") {
  CHECK(host_matches("rack5/nvs*", "rack5/nvs17"));
  CHECK(host_matches("rack5/nvs*", "rack5/nvs"));
  CHECK(host_matches("*", "a/b/c"));
  CHECK(host_matches("*/gpu*", "rack0/t1/gpu3"));
  CHECK(host_matches("a*b*c", "abbbxbc"));
  CHECK_FALSE(host_matches("a*b*c", "abbbxb"));
  CHECK_FALSE(host_matches("rack5/nvs*", "rack6/nvs1"));
}

TEST_CASE("brackets hold numbers") {
  CHECK(host_matches("t[14-17]", "t15"));
  CHECK_FALSE(host_matches("t[14-17]", "t18"));
  CHECK_FALSE(host_matches("t[14-17]", "t1"));
  CHECK(host_matches("t[0-3,7]/gpu[1]", "t7/gpu1"));
  CHECK(host_matches("node[08-11]", "node08"));
  CHECK(host_matches("node[08-11]", "node10"));
  CHECK_FALSE(host_matches("node[08-11]", "node8"));
  CHECK_FALSE(host_matches("node[8-11]", "node08"));
  CHECK(host_matches("node[098-101]", "node100"));
  CHECK(host_matches("a[1-2]*", "a12"));   // 1, then anything
  CHECK(host_matches("a[1-12]2", "a12"));  // 1, then 2
  CHECK_FALSE(host_matches("t[0-9]", "t"));
}

TEST_CASE("a pattern covers what is below the nodes that match") {
  CHECK(covers("rack7/t[14-17]", "rack7/t14/gpu0"));
  CHECK(covers("rack7/t[14-17]", "rack7/t14"));
  CHECK_FALSE(covers("rack7/t[1-4]", "rack7/t14/gpu0"));
  CHECK_FALSE(covers("rack7/t1", "rack7/t14"));
  CHECK(covers("rack*", "rack1/t0/gpu1"));
}

TEST_CASE("no pattern is slow") {
  const std::string id(2000, 'a');
  CHECK_FALSE(host_matches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", id));
}

TEST_CASE("patterns that are none") {
  const std::string expected = "  expected: a node id with * or hostlists, e.g. \"rack7/t[14-17]\"";
  CHECK(print(parse_host_pattern("a[1").mistakes()) ==
        "error: the pattern \"a[1\" has a bracket without its partner\n" + expected + "\n");
  CHECK(print(parse_host_pattern("a]").mistakes()) ==
        "error: the pattern \"a]\" has a bracket without its partner\n" + expected + "\n");
  CHECK(print(parse_host_pattern("a[x]").mistakes()) ==
        "error: the pattern \"a[x]\" has no list of numbers in its brackets\n" + expected +
            " or \"gpu[0-3,7]\"\n");
  CHECK(print(parse_host_pattern("a[]").mistakes()) ==
        "error: the pattern \"a[]\" has no list of numbers in its brackets\n" + expected +
            " or \"gpu[0-3,7]\"\n");
  CHECK(print(parse_host_pattern("").mistakes()) ==
        "error: the pattern \"\" is empty\n" + expected + "\n");
}

TEST_CASE("rank patterns take numbers for their placeholders") {
  std::vector<std::string_view> numbers;
  const auto pattern = parse_rank_pattern("box{b}/gpu{g}").value();
  REQUIRE(matches(pattern, "box12/gpu007", numbers));
  CHECK(numbers == std::vector<std::string_view>{"12", "7"});
  REQUIRE(matches(pattern, "box0/gpu000", numbers));
  CHECK(numbers == std::vector<std::string_view>{"0", "0"});
  CHECK_FALSE(matches(pattern, "box/gpu0", numbers));
  CHECK_FALSE(matches(pattern, "box1/gpu0/x", numbers));
  CHECK_FALSE(matches(pattern, "box1/gpux", numbers));
  CHECK(matches(parse_rank_pattern("{x}-{y}").value(), "3-4", numbers));
  CHECK(matches(parse_rank_pattern("{x}-{x}").value(), "3-3", numbers));
  CHECK_FALSE(matches(parse_rank_pattern("{x}-{x}").value(), "3-4", numbers));
  CHECK(matches(parse_rank_pattern("gpu").value(), "gpu", numbers));
}

TEST_CASE("rank patterns that are none") {
  const std::string expected = "  expected: a gpu's id, or a pattern such as \"box{b}/gpu{g}\"";
  for (const char* text : {"gpu{g", "gpu}", "{a{b}"}) {
    CHECK(print(parse_rank_pattern(text).mistakes()) ==
          "error: the pattern \"" + std::string(text) + "\" has a brace without its partner\n" +
              expected + "\n");
  }
  for (const char* text : {"{a}{b}", "{a}1"}) {
    CHECK(print(parse_rank_pattern(text).mistakes()) ==
          "error: the pattern \"" + std::string(text) +
              "\" puts a number right behind a placeholder\n" + expected +
              ", numbers kept apart\n");
  }
  CHECK(print(parse_rank_pattern("gpu{2*g}").mistakes()) ==
        "error: the pattern \"gpu{2*g}\" has the placeholder \"{2*g}\"\n"
        "  expected: plain names in braces, e.g. \"box{b}/gpu{g}\"\n");
}

}  // namespace
}  // namespace pleach
