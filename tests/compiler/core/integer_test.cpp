#include "compiler/core/integer.hpp"

#include <limits>
#include <sstream>

#include <doctest/doctest.h>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"
#include "tests/compiler/core/random_integers.hpp"

namespace pleach {
namespace {

using Big = BigInteger;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

// The value, and that it sits inline exactly when it fits.
void check_equal(const Integer& value, const Big& expected) {
  CHECK(to_big(value) == expected);
  CHECK(value.fits_int64() == (expected >= kLowest && expected <= kLargest));
  CHECK(value == to_integer(expected));
}

void check_all_operations(const Big& a, const Big& b) {
  CAPTURE(a.str());
  CAPTURE(b.str());
  const Integer x = to_integer(a);
  const Integer y = to_integer(b);
  check_equal(x + y, a + b);
  check_equal(x - y, a - b);
  check_equal(x * y, a * b);
  check_equal(-x, -a);
  check_equal(gcd(x, y), boost::multiprecision::gcd(a, b));
  if (b != 0) {
    check_equal(x / y, a / b);
    check_equal(x % y, a % b);
  }
  CHECK((x == y) == (a == b));
  CHECK((x < y) == (a < b));
  CHECK((x <= y) == (a <= b));
  CHECK((x > y) == (a > b));
  CHECK(x.sign() == a.sign());
  CHECK(x.to_string() == a.str());
  CHECK(Integer::parse(a.str()) == x);
}

TEST_CASE("operations agree with cpp_int on every pair of edge values") {
  const auto edges = edge_integers();
  for (const Big& a : edges) {
    for (const Big& b : edges) check_all_operations(a, b);
  }
}

TEST_CASE("operations agree with cpp_int on random values of up to 200 bits") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    check_all_operations(random_integer(random, 200), random_integer(random, 200));
    check_all_operations(random_integer(random, 64), random_integer(random, 66));
  }
}

TEST_CASE("values that grow beyond 64 bits come back inline") {
  Integer value = kLargest;
  value += 1;
  CHECK_FALSE(value.fits_int64());
  CHECK(value.to_string() == "9223372036854775808");
  value -= 1;
  REQUIRE(value.fits_int64());
  CHECK(value.int64() == kLargest);
  CHECK((Integer(kLowest) / -1).to_string() == "9223372036854775808");
  CHECK(Integer(kLowest) % -1 == Integer(0));
  CHECK((-Integer(kLowest)).to_string() == "9223372036854775808");
}

TEST_CASE("assignment to itself is safe") {
  Integer small = 7;
  Integer large = to_integer(Big(1) << 90);
  small += small;
  CHECK(small == Integer(14));
  large *= large;
  CHECK(to_big(large) == Big(1) << 180);
  large -= large;
  CHECK(large == Integer(0));
  CHECK(large.fits_int64());
}

TEST_CASE("parse takes decimal digits and nothing else") {
  CHECK(Integer::parse("0") == Integer(0));
  CHECK(Integer::parse("-0") == Integer(0));
  CHECK(Integer::parse("007") == Integer(7));
  CHECK(Integer::parse("-0080") == Integer(-80));
  CHECK(Integer::parse("-9223372036854775808") == Integer(kLowest));
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "--1", "1-"}) {
    CAPTURE(text);
    CHECK_FALSE(Integer::parse(text).has_value());
  }
}

TEST_CASE("division rounds toward zero and the remainder follows") {
  CHECK(Integer(-7) / 2 == Integer(-3));
  CHECK(Integer(-7) % 2 == Integer(-1));
  CHECK(Integer(7) / -2 == Integer(-3));
  CHECK(Integer(7) % -2 == Integer(1));
}

TEST_CASE("gcd is never negative") {
  CHECK(gcd(0, 0) == Integer(0));
  CHECK(gcd(-12, 18) == Integer(6));
  CHECK(gcd(0, -5) == Integer(5));
  CHECK(gcd(kLowest, kLowest).to_string() == "9223372036854775808");
  CHECK(gcd(kLowest, 6) == Integer(2));
}

TEST_CASE("misuse is our bug, not a wrong number") {
  CHECK_THROWS_AS(Integer(1) / 0, InternalError);
  CHECK_THROWS_AS(Integer(1) % 0, InternalError);
  CHECK_THROWS_AS((void)(Integer(kLargest) * 2).int64(), InternalError);
}

TEST_CASE("printing") {
  std::ostringstream out;
  out << Integer(-12) << ' ' << Integer(kLargest) * 10;
  CHECK(out.str() == "-12 92233720368547758070");
  CHECK(Integer(3).to_double() == 3.0);
  CHECK(to_integer(Big(1) << 100).to_double() == doctest::Approx(1.2676506002282294e30));
}

}  // namespace
}  // namespace pleach
