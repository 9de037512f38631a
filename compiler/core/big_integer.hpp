// Integers as multiprecision numbers, for the few files that calculate with those.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include "compiler/core/integer.hpp"

namespace pleach {

using BigInteger = boost::multiprecision::cpp_int;

// What an Integer holds when 64 bits are not enough.
struct WideInteger {
  BigInteger value;

  // In 64 bits again where it fits.
  static Integer narrowed(const BigInteger& value);
};

[[nodiscard]] inline BigInteger to_big(const Integer& value) {
  return value.fits_int64() ? BigInteger(value.int64()) : value.wide()->value;
}
[[nodiscard]] inline Integer to_integer(const BigInteger& value) {
  return WideInteger::narrowed(value);
}

}  // namespace pleach
