// float16 and bfloat16 one value at a time, straight from their definitions: for expected results
// and tests. (runtime/combine.hpp has its own, in vectors, which these are held against.)
#pragma once

#include <cstdint>

namespace pleach {

// A binary floating point format of 16 bits with the encodings of IEEE 754: sign, exponent,
// mantissa.
struct SmallFloat {
  int exponent_bits = 0;
  int mantissa_bits = 0;
};
inline constexpr SmallFloat kFloat16{.exponent_bits = 5, .mantissa_bits = 10};
inline constexpr SmallFloat kBfloat16{.exponent_bits = 8, .mantissa_bits = 7};

// The nearest value of `format`, of two the even one; past the greatest it is an infinity. NaN
// gives some quiet NaN.
[[nodiscard]] std::uint16_t to_bits(SmallFloat format, float value);
[[nodiscard]] float from_bits(SmallFloat format, std::uint16_t bits);

}  // namespace pleach
