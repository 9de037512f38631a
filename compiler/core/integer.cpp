#include "compiler/core/integer.hpp"

#include <limits>
#include <numeric>
#include <ostream>

#include "compiler/core/check.hpp"

namespace pleach {

Integer::Integer(const Big& value) {
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    small_ = static_cast<std::int64_t>(value);
  } else {
    big_ = std::make_shared<const Big>(value);
  }
}

std::optional<Integer> Integer::parse(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  // cpp_int reads a leading zero as octal, so they go first.
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return Integer(0);
  const Integer magnitude{Big(std::string(digits.substr(first)))};
  return text.starts_with('-') ? -magnitude : magnitude;
}

void Integer::refuse_int64() { ENSURE(false, "an Integer beyond 64 bits was read as int64"); }

double Integer::to_double() const {
  return big_ ? static_cast<double>(*big_) : static_cast<double>(small_);
}

std::string Integer::to_string() const { return big_ ? big_->str() : std::to_string(small_); }

Integer& Integer::add_wide(const Integer& other) {
  return *this = Integer(Big(big() + other.big()));
}

Integer& Integer::subtract_wide(const Integer& other) {
  return *this = Integer(Big(big() - other.big()));
}

Integer& Integer::multiply_wide(const Integer& other) {
  return *this = Integer(Big(big() * other.big()));
}

Integer& Integer::operator/=(const Integer& other) {
  ENSURE(other.sign() != 0, "division by zero");
  // The one 64-bit quotient that overflows is INT64_MIN / -1.
  if (!big_ && !other.big_ && other.small_ != -1) {
    small_ /= other.small_;
    return *this;
  }
  return *this = Integer(Big(big() / other.big()));
}

Integer& Integer::operator%=(const Integer& other) {
  ENSURE(other.sign() != 0, "remainder of a division by zero");
  if (!big_ && !other.big_ && other.small_ != -1) {
    small_ %= other.small_;
    return *this;
  }
  return *this = Integer(Big(big() % other.big()));
}

std::strong_ordering Integer::compare_wide(const Integer& a, const Integer& b) {
  return a.big().compare(b.big()) <=> 0;
}

Integer gcd(const Integer& a, const Integer& b) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  if (a.fits_int64() && b.fits_int64() && a.int64() != kLowest && b.int64() != kLowest) {
    return std::gcd(a.int64(), b.int64());
  }
  return Integer(Integer::Big(boost::multiprecision::gcd(a.big(), b.big())));
}

std::ostream& operator<<(std::ostream& out, const Integer& value) {
  return out << value.to_string();
}

}  // namespace pleach
