#include "compiler/view/number_text.hpp"

#include <doctest/doctest.h>

namespace pleach::view {
namespace {

Rational fraction(std::int64_t num, std::int64_t den) { return {Integer(num), Integer(den)}; }

TEST_CASE("hundredths, rounded exactly") {
  CHECK(rounded_text(0) == "0");
  CHECK(rounded_text(25) == "25");
  CHECK(rounded_text(fraction(1, 10)) == "0.1");
  CHECK(rounded_text(fraction(1, 100)) == "0.01");
  CHECK(rounded_text(fraction(1040, 3)) == "346.67");
  CHECK(rounded_text(fraction(5, 1000)) == "0.01");  // a half goes up
  CHECK(rounded_text(fraction(4999, 1000000)) == "0");
  CHECK(rounded_text(fraction(199999, 1000)) == "200");
}

TEST_CASE("rates keep their fraction where rounding lost something") {
  CHECK(rate_text(300) == "300 GB/s");
  CHECK(rate_text(fraction(1485, 4)) == "371.25 GB/s");
  CHECK(rate_text(fraction(1040, 3)) == "346.67 GB/s (1040/3)");
}

TEST_CASE("percentages: 0 and 100 only for exactly that") {
  CHECK(percent_text(0) == "0 %");
  CHECK(percent_text(1) == "100 %");
  CHECK(percent_text(fraction(1, 2)) == "50 %");
  CHECK(percent_text(fraction(25, 52)) == "48.1 %");
  CHECK(percent_text(fraction(999999, 1000000)) == "99.9 %");
  CHECK(percent_text(fraction(1, 1000000)) == "under 0.1 %");
  CHECK(percent_text(fraction(1, 1000)) == "0.1 %");
}

}  // namespace
}  // namespace pleach::view
