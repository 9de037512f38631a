#include "compiler/core/rational.hpp"

#include <algorithm>
#include <ostream>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"

namespace pleach {
namespace {

Integer power_of_ten(std::size_t exponent) {
  Integer power = 1;
  for (std::size_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

Rational::Rational(Integer num, Integer den) : num_(std::move(num)), den_(std::move(den)) {
  ENSURE(den_.sign() != 0, "a fraction with denominator 0");
  if (den_ == Integer(1)) return;
  Integer divisor = gcd(num_, den_);
  if (den_.sign() < 0) divisor = -divisor;
  if (divisor != Integer(1)) {
    num_ /= divisor;
    den_ /= divisor;
  }
}

std::optional<Rational> Rational::parse(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto num = Integer::parse(text.substr(0, slash));
    const auto den = Integer::parse(text.substr(slash + 1));
    if (!num || !den || den->sign() <= 0) return std::nullopt;
    return Rational(*num, *den);
  }
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) {
    const auto whole = Integer::parse(text);
    return whole ? std::optional<Rational>(*whole) : std::nullopt;
  }
  const std::string_view before = text.substr(0, dot);
  const std::string_view after = text.substr(dot + 1);
  if (before.empty() || before == "-" || after.empty()) return std::nullopt;
  const auto digits = Integer::parse(std::string(before) + std::string(after));
  if (!digits) return std::nullopt;
  return Rational(*digits, power_of_ten(after.size()));
}

Integer Rational::floor() const {
  Integer quotient = num_ / den_;
  if (num_.sign() < 0 && quotient * den_ != num_) quotient -= 1;
  return quotient;
}

double Rational::to_double() const {
  if (num_.fits_int64() && den_.fits_int64()) return num_.to_double() / den_.to_double();
  return static_cast<double>(boost::multiprecision::cpp_rational(to_big(num_), to_big(den_)));
}

std::string Rational::to_string() const {
  return den_ == Integer(1) ? num_.to_string() : num_.to_string() + "/" + den_.to_string();
}

std::optional<std::string> Rational::to_decimal() const {
  std::size_t twos = 0;
  std::size_t fives = 0;
  Integer rest = den_;
  for (; rest % 2 == Integer(0); rest /= 2) ++twos;
  for (; rest % 5 == Integer(0); rest /= 5) ++fives;
  if (rest != Integer(1)) return std::nullopt;
  const std::size_t places = std::max(twos, fives);
  const Integer scaled = num_ * power_of_ten(places) / den_;
  std::string digits = (scaled.sign() < 0 ? -scaled : scaled).to_string();
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (scaled.sign() < 0 ? "-" : "") + digits;
}

Rational& Rational::operator+=(const Rational& other) {
  if (den_ == other.den_) return *this = Rational(num_ + other.num_, den_);
  return *this = Rational(num_ * other.den_ + other.num_ * den_, den_ * other.den_);
}

Rational& Rational::operator-=(const Rational& other) {
  if (den_ == other.den_) return *this = Rational(num_ - other.num_, den_);
  return *this = Rational(num_ * other.den_ - other.num_ * den_, den_ * other.den_);
}

Rational& Rational::operator*=(const Rational& other) {
  return *this = Rational(num_ * other.num_, den_ * other.den_);
}

Rational& Rational::operator/=(const Rational& other) {
  ENSURE(other.sign() != 0, "division by zero");
  return *this = Rational(num_ * other.den_, den_ * other.num_);
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  if (a.den_ == b.den_) return a.num_ <=> b.num_;
  return a.num_ * b.den_ <=> b.num_ * a.den_;
}

Rational gcd(const Rational& a, const Rational& b) {
  return {gcd(a.num() * b.den(), b.num() * a.den()), a.den() * b.den()};
}

std::ostream& operator<<(std::ostream& out, const Rational& value) {
  return out << value.to_string();
}

}  // namespace pleach
