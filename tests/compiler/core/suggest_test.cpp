#include "compiler/core/suggest.hpp"

#include <array>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"bandwidth", "between", "class", "count"};

TEST_CASE("a typing error finds its word") {
  CHECK(closest_name("bandwith", kKeys) == "bandwidth");
  CHECK(closest_name("badnwidth", kKeys) == "bandwidth");
  CHECK(closest_name("Bandwidth", kKeys) == "bandwidth");
  CHECK(closest_name("clas", kKeys) == "class");
  CHECK(closest_name("betwen", kKeys) == "between");
  CHECK(closest_name("conut", kKeys) == "count");
  CHECK(did_you_mean("cuont", kKeys) == "did you mean \"count\"?");
}

TEST_CASE("what resembles nothing gets no guess") {
  CHECK_FALSE(closest_name("latency", kKeys).has_value());
  CHECK_FALSE(closest_name("", kKeys).has_value());
  CHECK(did_you_mean("capacity", kKeys).empty());
  CHECK_FALSE(closest_name("count", {}).has_value());
  CHECK_FALSE(closest_name(std::string(10'000, 'x'), kKeys).has_value());
}

TEST_CASE("the nearest wins, the first of equals") {
  const std::vector<std::string_view> names = {"gpu1", "gpu2", "gpu12"};
  CHECK(closest_name("gpu3", names) == "gpu1");
  CHECK(closest_name("gpu12x", names) == "gpu12");
  const std::vector<std::string_view> letters = {"i", "ab"};
  CHECK(closest_name("I", letters) == "i");
  CHECK(closest_name("ac", letters) == "ab");
  CHECK_FALSE(closest_name("n", letters).has_value());
}

}  // namespace
}  // namespace pleach
