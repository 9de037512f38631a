// Exact fractions, always reduced, denominator above zero.
//
// Rates, shares and times are Rationals; a double appears only where one is printed or timed.
#pragma once

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/core/integer.hpp"

namespace pleach {

class Rational {
 public:
  Rational() = default;
  Rational(std::int64_t value) : num_(value) {}  // implicit: whole numbers are fractions
  Rational(Integer value) : num_(std::move(value)) {}
  // Needs: den != 0.
  Rational(Integer num, Integer den);

  // "p", "p/q" (q > 0) or a decimal such as "371.25"; a leading '-' is allowed. No exponent.
  [[nodiscard]] static std::optional<Rational> parse(std::string_view text);

  [[nodiscard]] const Integer& num() const { return num_; }
  [[nodiscard]] const Integer& den() const { return den_; }
  [[nodiscard]] int sign() const { return num_.sign(); }
  [[nodiscard]] Integer floor() const;
  [[nodiscard]] double to_double() const;       // for printing and timing only
  [[nodiscard]] std::string to_string() const;  // "p/q", or "p" when whole
  // The exact decimal ("371.25") where one exists: the denominator has no prime but 2 and 5.
  [[nodiscard]] std::optional<std::string> to_decimal() const;

  Rational& operator+=(const Rational& other);
  Rational& operator-=(const Rational& other);
  Rational& operator*=(const Rational& other);
  Rational& operator/=(const Rational& other);  // needs: other != 0

  friend Rational operator+(Rational a, const Rational& b) { return a += b; }
  friend Rational operator-(Rational a, const Rational& b) { return a -= b; }
  friend Rational operator*(Rational a, const Rational& b) { return a *= b; }
  friend Rational operator/(Rational a, const Rational& b) { return a /= b; }
  friend bool operator==(const Rational& a, const Rational& b) = default;
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);

 private:
  Integer num_ = 0;
  Integer den_ = 1;
};

// The largest rational of which both are whole multiples; gcd(0, x) = x.
[[nodiscard]] Rational gcd(const Rational& a, const Rational& b);

std::ostream& operator<<(std::ostream& out, const Rational& value);

}  // namespace pleach
