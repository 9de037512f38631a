#include "runtime/small_float.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pleach {
namespace {

int bias(SmallFloat format) { return (1 << (format.exponent_bits - 1)) - 1; }

// Infinity's exponent field, and NaN's.
unsigned highest(SmallFloat format) { return (1U << format.exponent_bits) - 1; }

}  // namespace

std::uint16_t to_bits(SmallFloat format, float value) {
  const unsigned sign = std::signbit(value) ? 0x8000 : 0;
  const unsigned infinity = highest(format) << format.mantissa_bits;
  if (std::isnan(value)) {
    return static_cast<std::uint16_t>(sign | infinity | 1U << (format.mantissa_bits - 1));
  }
  if (std::isinf(value)) return static_cast<std::uint16_t>(sign | infinity);
  if (value == 0) return static_cast<std::uint16_t>(sign);
  // In units of the last place, which stops getting finer below the least normal number; exact in
  // double up to the rounding.
  const int least = 1 - bias(format);
  const int exponent = std::max(std::ilogb(value), least);
  const double units =
      std::nearbyint(std::ldexp(std::fabs(double{value}), format.mantissa_bits - exponent));
  // The implicit 1 is counted in the exponent field, so a mantissa that rounds up to 2 carries into
  // it, and past the greatest number into infinity.
  const auto bits = static_cast<unsigned>(units) +
                    (static_cast<unsigned>(exponent - least) << format.mantissa_bits);
  return static_cast<std::uint16_t>(sign | std::min(bits, infinity));
}

float from_bits(SmallFloat format, std::uint16_t bits) {
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  const unsigned mantissa = bits & ((1U << format.mantissa_bits) - 1);
  const unsigned field = (bits & 0x7fffU) >> format.mantissa_bits;
  if (field == highest(format)) {
    return std::copysign(mantissa == 0 ? std::numeric_limits<float>::infinity()
                                       : std::numeric_limits<float>::quiet_NaN(),
                         sign);
  }
  const unsigned implicit = field == 0 ? 0 : 1U << format.mantissa_bits;
  const int exponent = static_cast<int>(std::max(field, 1U)) - bias(format);
  return sign *
         std::ldexp(static_cast<float>(implicit | mantissa), exponent - format.mantissa_bits);
}

}  // namespace pleach
