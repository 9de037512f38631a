// Whole numbers that never overflow.
//
// An Integer holds 64 bits inline. An operation whose result does not fit continues in
// boost::multiprecision::cpp_int (big_integer.hpp), and a result that fits again comes back inline,
// so equal values always have equal representations. Capacities scaled by a path of fractions, tree
// counts and shares can all leave 64 bits on legal input; no pass has to think about it.
//
// Cost: one overflow check per operation while values fit in 64 bits.
#pragma once

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pleach {

struct WideInteger;  // wide_integer.hpp: two seconds of compiling that few files need

class Integer {
 public:
  Integer() = default;
  Integer(std::int64_t value) : small_(value) {}  // implicit: every literal is an Integer

  // Decimal digits with an optional leading '-'; nothing else.
  [[nodiscard]] static std::optional<Integer> parse(std::string_view text);

  [[nodiscard]] bool fits_int64() const { return wide_ == nullptr; }
  // Needs: fits_int64().
  [[nodiscard]] std::int64_t int64() const {
    if (wide_) refuse_int64();
    return small_;
  }
  // Null exactly when fits_int64().
  [[nodiscard]] const WideInteger* wide() const { return wide_.get(); }
  [[nodiscard]] double to_double() const;  // for printing and timing only
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] int sign() const { return wide_ ? sign_wide() : (small_ > 0) - (small_ < 0); }

  Integer& operator+=(const Integer& other) {
    std::int64_t sum = 0;
    if (wide_ || other.wide_ || __builtin_add_overflow(small_, other.small_, &sum)) {
      return add_wide(other);
    }
    small_ = sum;
    return *this;
  }
  Integer& operator-=(const Integer& other) {
    std::int64_t difference = 0;
    if (wide_ || other.wide_ || __builtin_sub_overflow(small_, other.small_, &difference)) {
      return subtract_wide(other);
    }
    small_ = difference;
    return *this;
  }
  Integer& operator*=(const Integer& other) {
    std::int64_t product = 0;
    if (wide_ || other.wide_ || __builtin_mul_overflow(small_, other.small_, &product)) {
      return multiply_wide(other);
    }
    small_ = product;
    return *this;
  }
  Integer& operator/=(const Integer& other);  // rounds toward zero; needs: other != 0
  Integer& operator%=(const Integer& other);  // sign of the left side; needs: other != 0
  [[nodiscard]] Integer operator-() const { return Integer(0) -= *this; }

  friend Integer operator+(Integer a, const Integer& b) { return a += b; }
  friend Integer operator-(Integer a, const Integer& b) { return a -= b; }
  friend Integer operator*(Integer a, const Integer& b) { return a *= b; }
  friend Integer operator/(Integer a, const Integer& b) { return a /= b; }
  friend Integer operator%(Integer a, const Integer& b) { return a %= b; }

  friend bool operator==(const Integer& a, const Integer& b) {
    return a.small_ == b.small_ &&
           (a.wide_ == b.wide_ || (a.wide_ && b.wide_ && compare_wide(a, b) == 0));
  }
  friend std::strong_ordering operator<=>(const Integer& a, const Integer& b) {
    if (!a.wide_ && !b.wide_) return a.small_ <=> b.small_;
    return compare_wide(a, b);
  }

 private:
  // What the 64-bit paths above leave to multiprecision.
  Integer& add_wide(const Integer& other);
  Integer& subtract_wide(const Integer& other);
  Integer& multiply_wide(const Integer& other);
  static std::strong_ordering compare_wide(const Integer& a, const Integer& b);
  [[nodiscard]] int sign_wide() const;
  static void refuse_int64();
  friend struct WideInteger;

  std::int64_t small_ = 0;                   // the value, or 0 while wide_ holds it
  std::shared_ptr<const WideInteger> wide_;  // null exactly when the value fits in 64 bits
};

// Greatest common divisor, never negative; gcd(0, 0) = 0.
[[nodiscard]] Integer gcd(const Integer& a, const Integer& b);

std::ostream& operator<<(std::ostream& out, const Integer& value);

}  // namespace pleach
