#include "compiler/core/result.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("a good result holds its value") {
  const Result<int> result = 7;
  REQUIRE(result.ok());
  CHECK(result.value() == 7);
  CHECK_THROWS_AS((void)result.mistakes(), InternalError);
}

TEST_CASE("a failed result holds every mistake") {
  const Diagnostic first{
      .file = "a.json", .line = 3, .pointer = "/x", .message = "m", .expected = "", .fix = ""};
  Diagnostic second = first;
  second.line = 4;
  const Result<int> result = Diagnostics{first, second};
  REQUIRE_FALSE(result.ok());
  CHECK(result.mistakes() == Diagnostics{first, second});
  CHECK_THROWS_AS((void)result.value(), InternalError);
  CHECK_THROWS_AS((void)Result<int>(Diagnostics{}), InternalError);
}

TEST_CASE("a result can hold what only moves") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> value = std::move(result).value();
  CHECK(*value == 5);
}

TEST_CASE("diagnostics print what they have") {
  CHECK(to_string(Diagnostic{.file = "pod.json",
                             .line = 41,
                             .pointer = "/links/17/bandwidth",
                             .message = "the rate is 0",
                             .expected = "a rate above 0",
                             .fix = "delete the link"}) ==
        "pod.json:41: error: the rate is 0 (/links/17/bandwidth)\n"
        "  expected: a rate above 0\n"
        "  fix: delete the link\n");
  CHECK(
      to_string(Diagnostic{
          .file = "-", .line = 0, .pointer = "", .message = "empty", .expected = "", .fix = ""}) ==
      "-: error: empty\n");
  CHECK(to_string(Diagnostic{.file = "",
                             .line = 0,
                             .pointer = "",
                             .message = "no file",
                             .expected = "",
                             .fix = "x"}) == "error: no file\n  fix: x\n");
}

}  // namespace
}  // namespace pleach
