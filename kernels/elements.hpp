// Elements as they stand in memory, and what they are combined as. The results are those of the
// host (runtime/combine.hpp), bit by bit; only which NaN comes of several NaNs is the machine's
// choice.
//
// A format has Stored (in memory) and Value (combined, in registers), with widen and narrow between
// them. 16-bit floating point is combined in float32 and rounded to nearest even when it is stored.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "compiler/core/data_type.hpp"
#include "kernels/shim.hpp"

namespace pleach::device {
inline namespace PLEACH_SHIM {

template <class To, class From>
PLEACH_DEVICE To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

template <class T>
struct Native {
  using Stored = T;
  using Value = T;
  PLEACH_DEVICE static Value widen(Stored stored) { return stored; }
  PLEACH_DEVICE static Stored narrow(Value value) { return value; }
};

struct Float16 {
  using Stored = std::uint16_t;
  using Value = float;
#ifdef __CUDACC__
  PLEACH_DEVICE static Value widen(Stored stored) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(stored));
    return value;
  }
  PLEACH_DEVICE static Stored narrow(Value value) {
    Stored stored;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(stored) : "f"(value));
    return stored;
  }
#else
  // binary16: 1 sign bit, 5 of exponent with bias 15, 10 of mantissa; float32: 1, 8 with 127, 23.
  static Value widen(Stored stored) {
    const std::uint32_t shifted = (stored & 0x7fffU) << 13;
    std::uint32_t bits = shifted + (112U << 23);
    if (shifted >= 0x7c00U << 13) bits += 112U << 23;  // infinity or NaN
    if (shifted < 1U << 23) {  // subnormal: behind the implicit 1 of 2^-14, which goes again
      bits = same_bits<std::uint32_t>(same_bits<float>(shifted + (113U << 23)) -
                                      same_bits<float>(113U << 23));
    }
    return same_bits<float>(bits | (stored & 0x8000U) << 16);
  }
  static Stored narrow(Value value) {
    const auto bits = same_bits<std::uint32_t>(value);
    const std::uint32_t positive = bits & 0x7fffffffU;
    std::uint32_t result = 0;
    if (positive > 255U << 23) {
      result = (positive >> 13 & 0x3ffU) | 0x7e00U;  // NaN
    } else if (positive >= 143U << 23) {
      result = 0x7c00U;  // 2^16 or more; less rounds to infinity by itself
    } else if (positive < 113U << 23) {
      // The last place of 0.5 is that of the subnormals, so adding 0.5 rounds.
      result = same_bits<std::uint32_t>(same_bits<float>(positive) + 0.5F) - (126U << 23);
    } else {
      result = (positive - (112U << 23) + 0xfffU + (positive >> 13 & 1U)) >> 13;
    }
    return static_cast<Stored>(result | (bits >> 16 & 0x8000U));
  }
#endif
};

struct Bfloat16 {
  using Stored = std::uint16_t;
  using Value = float;
  PLEACH_DEVICE static Value widen(Stored stored) {
    return same_bits<float>(static_cast<std::uint32_t>(stored) << 16);
  }
#ifdef __CUDACC__
  PLEACH_DEVICE static Stored narrow(Value value) {
    Stored stored;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(stored) : "f"(value));
    return stored;
  }
#else
  static Stored narrow(Value value) {
    const auto bits = same_bits<std::uint32_t>(value);
    // A NaN whose payload is all in the lower half must not become an infinity.
    if (value != value) return static_cast<Stored>(bits >> 16 | 0x40U);
    // Half of the last place, less 1 unless that place is odd; it carries where it should.
    return static_cast<Stored>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
  }
#endif
};

// The device's sums, products and quotients are IEEE's too: nvcc rounds to nearest, keeps
// subnormals and fuses nothing here (there is no sum of a product).
template <ReduceOp op, class T>
PLEACH_DEVICE T combined(T left, T right) {
  if constexpr (op == ReduceOp::Min) {
    return (right < left) | (right != right) ? right : left;
  } else if constexpr (op == ReduceOp::Max) {
    return (right > left) | (right != right) ? right : left;
  } else if constexpr (std::is_integral_v<T>) {
    // In unsigned arithmetic of at least 32 bits, which wraps around.
    using Wide = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
    const auto a = static_cast<Wide>(left);
    const auto b = static_cast<Wide>(right);
    return static_cast<T>(op == ReduceOp::Prod ? a * b : a + b);
  } else {
    return op == ReduceOp::Prod ? left * right : left + right;
  }
}

template <class T>
PLEACH_DEVICE T divided(T value, std::uint32_t divisor) {
  if constexpr (std::is_floating_point_v<T>) {
    return value / static_cast<T>(divisor);
  } else if constexpr (sizeof(T) < 8) {
    // The divisor, a number of ranks, may not fit into T.
    return static_cast<T>(static_cast<std::int64_t>(value) / static_cast<std::int64_t>(divisor));
  } else {
    return static_cast<T>(value / static_cast<T>(divisor));
  }
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
