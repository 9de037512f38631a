#include "compiler/topology/number_ranges.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("ranges and lists") {
  CHECK(parse_number_ranges("0-3,7") == NumberRanges{{0, 3, 0}, {7, 7, 0}});
  CHECK(parse_number_ranges(" 1 - 2 , 5") == NumberRanges{{1, 2, 0}, {5, 5, 0}});
  CHECK(parse_number_ranges("08-11") == NumberRanges{{8, 11, 2}});
  CHECK(parse_number_ranges("0") == NumberRanges{{0, 0, 0}});
  CHECK(count_numbers({{0, 3, 0}, {7, 7, 0}}) == 5);
}

TEST_CASE("anything else is none") {
  for (const char* text :
       {"", ",", "1,", ",1", "3-1", "-1", "1-", "1-2-3", "a", "0x1", "1.5", "1 2", "9999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number_ranges(text).has_value());
  }
}

}  // namespace
}  // namespace pleach
