#include "compiler/core/integer.hpp"

#include <limits>
#include <numeric>
#include <ostream>

#include "compiler/core/big_integer.hpp"
#include "compiler/core/check.hpp"

namespace pleach {

Integer WideInteger::narrowed(const BigInteger& value) {
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value);
  }
  Integer wide;
  wide.wide_ = std::make_shared<const WideInteger>(WideInteger{value});
  return wide;
}

std::optional<Integer> Integer::parse(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  // cpp_int reads a leading zero as octal, so they go first.
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return Integer(0);
  const Integer magnitude = to_integer(BigInteger(std::string(digits.substr(first))));
  return text.starts_with('-') ? -magnitude : magnitude;
}

int Integer::sign_wide() const { return wide_->value.sign(); }

void Integer::refuse_int64() { ENSURE(false, "an Integer beyond 64 bits was read as int64"); }

double Integer::to_double() const {
  return wide_ ? static_cast<double>(wide_->value) : static_cast<double>(small_);
}

std::string Integer::to_string() const {
  return wide_ ? wide_->value.str() : std::to_string(small_);
}

Integer& Integer::add_wide(const Integer& other) {
  return *this = to_integer(to_big(*this) + to_big(other));
}

Integer& Integer::subtract_wide(const Integer& other) {
  return *this = to_integer(to_big(*this) - to_big(other));
}

Integer& Integer::multiply_wide(const Integer& other) {
  return *this = to_integer(to_big(*this) * to_big(other));
}

Integer& Integer::operator/=(const Integer& other) {
  ENSURE(other.sign() != 0, "division by zero");
  // The one 64-bit quotient that overflows is INT64_MIN / -1.
  if (!wide_ && !other.wide_ && other.small_ != -1) {
    small_ /= other.small_;
    return *this;
  }
  return *this = to_integer(to_big(*this) / to_big(other));
}

Integer& Integer::operator%=(const Integer& other) {
  ENSURE(other.sign() != 0, "remainder of a division by zero");
  if (!wide_ && !other.wide_ && other.small_ != -1) {
    small_ %= other.small_;
    return *this;
  }
  return *this = to_integer(to_big(*this) % to_big(other));
}

std::strong_ordering Integer::compare_wide(const Integer& a, const Integer& b) {
  return to_big(a).compare(to_big(b)) <=> 0;
}

Integer gcd(const Integer& a, const Integer& b) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  if (a.fits_int64() && b.fits_int64() && a.int64() != kLowest && b.int64() != kLowest) {
    return std::gcd(a.int64(), b.int64());
  }
  return to_integer(boost::multiprecision::gcd(to_big(a), to_big(b)));
}

std::ostream& operator<<(std::ostream& out, const Integer& value) {
  return out << value.to_string();
}

}  // namespace pleach
