#include "runtime/small_float.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("float16 as its standard has it") {
  CHECK(to_bits(kFloat16, 0) == 0);
  CHECK(to_bits(kFloat16, -0.0F) == 0x8000);
  CHECK(to_bits(kFloat16, 1) == 0x3c00);
  CHECK(to_bits(kFloat16, -2) == 0xc000);
  CHECK(to_bits(kFloat16, 65504) == 0x7bff);
  CHECK(to_bits(kFloat16, 65519) == 0x7bff);
  CHECK(to_bits(kFloat16, 65520) == 0x7c00);  // the tie goes to the even one: infinity
  CHECK(to_bits(kFloat16, std::numeric_limits<float>::max()) == 0x7c00);
  CHECK(to_bits(kFloat16, 0x1p-14F) == 0x0400);
  CHECK(to_bits(kFloat16, 0x1p-24F) == 0x0001);
  CHECK(to_bits(kFloat16, 0x1p-25F) == 0);  // a tie
  CHECK(to_bits(kFloat16, 0x1.8p-25F) == 0x0001);
  CHECK(to_bits(kFloat16, 0x1.8p-24F) == 0x0002);    // a tie
  CHECK(to_bits(kFloat16, 0x1.ffep-15F) == 0x0400);  // a subnormal rounds up to a normal number
  CHECK(to_bits(kFloat16, 0x1p-149F) == 0);
  CHECK(to_bits(kFloat16, 1 + 0x1p-11F) == 0x3c00);
  CHECK(to_bits(kFloat16, 1 + 0x3p-11F) == 0x3c02);
  CHECK(to_bits(kFloat16, -INFINITY) == 0xfc00);
  CHECK((to_bits(kFloat16, NAN) & 0x7e00) == 0x7e00);
}

// A bfloat16 is the upper half of a float.
float upper_half(std::uint16_t bits) {
  const std::uint32_t whole = std::uint32_t{bits} << 16;
  float value = 0;
  std::memcpy(&value, &whole, sizeof(value));
  return value;
}

TEST_CASE("bfloat16 is the upper half of a float, rounded") {
  for (std::uint32_t i = 0; i < 1U << 16; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float value = upper_half(bits);
    if (std::isnan(value)) {
      REQUIRE(std::isnan(from_bits(kBfloat16, bits)));
      continue;
    }
    REQUIRE(from_bits(kBfloat16, bits) == value);
    REQUIRE(std::signbit(from_bits(kBfloat16, bits)) == std::signbit(value));
    REQUIRE(to_bits(kBfloat16, value) == bits);
  }
  CHECK(to_bits(kBfloat16, 1 + 0x1p-8F) == 0x3f80);
  CHECK(to_bits(kBfloat16, 1 + 0x3p-8F) == 0x3f82);
  CHECK(to_bits(kBfloat16, std::numeric_limits<float>::max()) == 0x7f80);
  CHECK((to_bits(kBfloat16, NAN) & 0x7fc0) == 0x7fc0);
}

TEST_CASE("float16 goes there and back") {
  CHECK(from_bits(kFloat16, 0x0001) == 0x1p-24F);
  CHECK(from_bits(kFloat16, 0x83ff) == -0x3ffp-24F);
  CHECK(from_bits(kFloat16, 0x3555) == 0x1.554p-2F);
  CHECK(from_bits(kFloat16, 0xfc00) == -INFINITY);
  for (std::uint32_t i = 0; i < 1U << 16; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    if (!std::isnan(from_bits(kFloat16, bits))) {
      REQUIRE(to_bits(kFloat16, from_bits(kFloat16, bits)) == bits);
    } else {
      REQUIRE((bits & 0x7c00) == 0x7c00);
    }
  }
}

}  // namespace
}  // namespace pleach
