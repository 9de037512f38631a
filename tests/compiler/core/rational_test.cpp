#include "compiler/core/rational.hpp"

#include <sstream>

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"
#include "tests/compiler/core/random_integers.hpp"

namespace pleach {
namespace {

using Big = BigInteger;
using Reference = boost::multiprecision::cpp_rational;

Rational from(const Reference& value) {
  return {to_integer(numerator(value)), to_integer(denominator(value))};
}

void check_equal(const Rational& value, const Reference& expected) {
  CHECK(to_big(value.num()) == numerator(expected));
  CHECK(to_big(value.den()) == denominator(expected));
  CHECK(value.den().sign() > 0);
}

Big floor_of(const Reference& value) {
  const Big num = numerator(value);
  const Big den = denominator(value);
  Big quotient = num / den;
  if (num < 0 && quotient * den != num) quotient -= 1;
  return quotient;
}

void check_all_operations(const Reference& a, const Reference& b) {
  CAPTURE(a.str());
  CAPTURE(b.str());
  const Rational x = from(a);
  const Rational y = from(b);
  check_equal(x, a);
  check_equal(x + y, a + b);
  check_equal(x - y, a - b);
  check_equal(x * y, a * b);
  if (b != 0) check_equal(x / y, a / b);
  CHECK((x == y) == (a == b));
  CHECK((x < y) == (a < b));
  CHECK((x >= y) == (a >= b));
  CHECK(to_big(x.floor()) == floor_of(a));
  CHECK(Rational::parse(x.to_string()) == x);
  if (const auto decimal = x.to_decimal()) CHECK(Rational::parse(*decimal) == x);
}

Reference random_fraction(std::mt19937_64& random, unsigned bits) {
  // Positive: boost 1.74 throws on some negative denominators; ours have edge cases of their own.
  Big den = abs(random_integer(random, bits));
  if (den == 0) den = 1;
  return Reference(random_integer(random, bits), den);
}

TEST_CASE("operations agree with cpp_rational on every pair of edge values") {
  std::vector<Reference> fractions;
  for (const Big& edge : edge_integers()) {
    fractions.emplace_back(edge);
    if (edge != 0) fractions.emplace_back(Reference(7, edge));
  }
  for (const Reference& a : fractions) {
    for (const Reference& b : fractions) check_all_operations(a, b);
  }
}

TEST_CASE("operations agree with cpp_rational on random fractions") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    check_all_operations(random_fraction(random, 20), random_fraction(random, 20));
    check_all_operations(random_fraction(random, 64), random_fraction(random, 64));
    check_all_operations(random_fraction(random, 150), random_fraction(random, 90));
  }
}

TEST_CASE("fractions are reduced with the sign above") {
  CHECK(Rational(6, -4).to_string() == "-3/2");
  CHECK(Rational(0, -5).to_string() == "0");
  CHECK(Rational(10, 5).to_string() == "2");
  CHECK(Rational(6, -4).sign() == -1);
  CHECK_THROWS_AS(Rational(1, 0), InternalError);
  CHECK_THROWS_AS(Rational(1) / Rational(0), InternalError);
}

TEST_CASE("parse reads whole numbers, fractions and decimals") {
  CHECK(Rational::parse("12") == Rational(12));
  CHECK(Rational::parse("1040/3") == Rational(1040, 3));
  CHECK(Rational::parse("-6/4") == Rational(-3, 2));
  CHECK(Rational::parse("371.25") == Rational(1485, 4));
  CHECK(Rational::parse("-0.5") == Rational(-1, 2));
  CHECK(Rational::parse("0.1") == Rational(1, 10));
  CHECK(Rational::parse("128.57142857142858") == Rational(6428571428571429, 50000000000000));
  CHECK(Rational::parse("1.000000000000000000000000000001")->den().to_string() ==
        "1000000000000000000000000000000");
  for (const char* text : {"", "-", "/", "1/", "/2", "1/0", "1/-2", "1/2/3", ".5", "5.", "-.5",
                           "1e3", "1.2.3", "1.-2", "+1", " 1", "0x1", "1,5", "."}) {
    CAPTURE(text);
    CHECK_FALSE(Rational::parse(text).has_value());
  }
}

TEST_CASE("to_decimal is exact or nothing") {
  CHECK(Rational(1485, 4).to_decimal() == "371.25");
  CHECK(Rational(-1, 8).to_decimal() == "-0.125");
  CHECK(Rational(300).to_decimal() == "300");
  CHECK(Rational(0).to_decimal() == "0");
  CHECK(Rational(1, 1000).to_decimal() == "0.001");
  CHECK_FALSE(Rational(1, 3).to_decimal().has_value());
  CHECK_FALSE(Rational(1, 30).to_decimal().has_value());
}

TEST_CASE("floor rounds down on both sides of zero") {
  CHECK(Rational(7, 2).floor() == Integer(3));
  CHECK(Rational(-7, 2).floor() == Integer(-4));
  CHECK(Rational(-4).floor() == Integer(-4));
}

TEST_CASE("gcd is the largest common measure") {
  CHECK(gcd(Rational(1, 2), Rational(1, 3)) == Rational(1, 6));
  CHECK(gcd(Rational(25), Rational(300)) == Rational(25));
  CHECK(gcd(Rational(0), Rational(3, 4)) == Rational(3, 4));
  std::mt19937_64 random(3);
  for (int i = 0; i < 500; ++i) {
    const Rational a = from(random_fraction(random, 40));
    const Rational b = from(random_fraction(random, 40));
    const Rational measure = gcd(a, b);
    if (measure.sign() == 0) continue;
    CHECK((a / measure).den() == Integer(1));
    CHECK((b / measure).den() == Integer(1));
    CHECK(gcd((a / measure).num(), (b / measure).num()) == Integer(1));
  }
}

TEST_CASE("printing") {
  std::ostringstream out;
  out << Rational(1040, 3);
  CHECK(out.str() == "1040/3");
  CHECK(Rational(1040, 3).to_double() == doctest::Approx(346.6666667));
  const Rational tiny(1, to_integer(Big(1) << 80));
  CHECK(tiny.to_double() == doctest::Approx(8.271806125530277e-25));
}

}  // namespace
}  // namespace pleach
