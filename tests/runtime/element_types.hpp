// What the tests of arithmetic know of each element type: how one stands in memory and what it is
// computed in, one value at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/data_type.hpp"
#include "runtime/small_float.hpp"

namespace pleach::testing {

template <DataType dtype, class T>
struct Native {
  static constexpr DataType kType = dtype;
  using Stored = T;
  using Value = T;
  static Value decode(Stored stored) { return stored; }
  static Stored encode(Value value) { return value; }
};

template <DataType dtype, SmallFloat format>
struct Small {
  static constexpr DataType kType = dtype;
  using Stored = std::uint16_t;
  using Value = float;
  static Value decode(Stored stored) { return from_bits(format, stored); }
  static Stored encode(Value value) { return to_bits(format, value); }
};

using Float16 = Small<DataType::Float16, kFloat16>;
using Bfloat16 = Small<DataType::Bfloat16, kBfloat16>;

// A and B taken together; what it gives is rounded to Value, but not yet to Stored.
template <class Value>
Value combine_two(ReduceOp op, Value a, Value b) {
  // Integers wrap around: modulo 2^64 first, then to their own bits.
  using Wide = std::conditional_t<std::is_integral_v<Value>, std::uint64_t, Value>;
  switch (op) {
    case ReduceOp::Min: return a != a || a <= b ? a : b;
    case ReduceOp::Max: return a != a || a >= b ? a : b;
    case ReduceOp::Prod: return static_cast<Value>(static_cast<Wide>(a) * static_cast<Wide>(b));
    case ReduceOp::Sum:
    case ReduceOp::Avg: break;
  }
  return static_cast<Value>(static_cast<Wide>(a) + static_cast<Wide>(b));
}

template <class Value>
Value divide_value(Value value, int divisor) {
  if constexpr (std::is_floating_point_v<Value>) {
    return value / static_cast<Value>(divisor);
  } else if constexpr (std::is_signed_v<Value>) {
    return static_cast<Value>(std::int64_t{value} / divisor);
  } else {
    return static_cast<Value>(value / static_cast<std::uint64_t>(divisor));
  }
}

template <class T>
const std::byte* bytes_of(const std::vector<T>& values) {
  return reinterpret_cast<const std::byte*>(values.data());
}
template <class T>
std::byte* bytes_of(std::vector<T>& values) {
  return reinterpret_cast<std::byte*>(values.data());
}

}  // namespace pleach::testing

// For TEST_CASE_TEMPLATE: every element type.
#define PLEACH_ELEMENT_TYPES                                                \
  ::pleach::testing::Native<::pleach::DataType::Int8, std::int8_t>,         \
      ::pleach::testing::Native<::pleach::DataType::Uint8, std::uint8_t>,   \
      ::pleach::testing::Native<::pleach::DataType::Int16, std::int16_t>,   \
      ::pleach::testing::Native<::pleach::DataType::Int32, std::int32_t>,   \
      ::pleach::testing::Native<::pleach::DataType::Uint32, std::uint32_t>, \
      ::pleach::testing::Native<::pleach::DataType::Int64, std::int64_t>,   \
      ::pleach::testing::Native<::pleach::DataType::Uint64, std::uint64_t>, \
      ::pleach::testing::Float16, ::pleach::testing::Bfloat16,              \
      ::pleach::testing::Native<::pleach::DataType::Float32, float>,        \
      ::pleach::testing::Native<::pleach::DataType::Float64, double>
