#include "runtime/combine.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// Integers are added and multiplied as unsigned ones, for which wrapping around is defined.
template <class T, bool = std::is_integral_v<T>>
struct Wrapping {
  using Type = T;
};
template <class T>
struct Wrapping<T, true> {
  using Type = std::make_unsigned_t<T>;
};

template <class T, ReduceOp op>
T apply(T left, T right) {
  using W = typename Wrapping<T>::Type;
  if constexpr (op == ReduceOp::Min) return std::min(left, right);
  if constexpr (op == ReduceOp::Max) return std::max(left, right);
  if constexpr (op == ReduceOp::Prod) {
    return static_cast<T>(static_cast<W>(left) * static_cast<W>(right));
  }
  return static_cast<T>(static_cast<W>(left) + static_cast<W>(right));
}

template <class T, ReduceOp op>
void combine(std::byte* into, const std::byte* left, const std::byte* right, std::size_t count) {
  T* result = reinterpret_cast<T*>(into);
  const T* a = reinterpret_cast<const T*>(left);
  const T* b = reinterpret_cast<const T*>(right);
  // ivdep: `result` may be `a` or `b`, and then only the same element of both.
#pragma GCC ivdep
  for (std::size_t i = 0; i < count; ++i) result[i] = apply<T, op>(a[i], b[i]);
}

template <class T>
void divide(std::byte* values, std::size_t count, int ranks) {
  T* value = reinterpret_cast<T*>(values);
  const T divisor = static_cast<T>(ranks);
  for (std::size_t i = 0; i < count; ++i) value[i] /= divisor;
}

template <class T>
CombineFunction combine_function_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum:
    case ReduceOp::Avg: return combine<T, ReduceOp::Sum>;
    case ReduceOp::Min: return combine<T, ReduceOp::Min>;
    case ReduceOp::Max: return combine<T, ReduceOp::Max>;
    case ReduceOp::Prod: return combine<T, ReduceOp::Prod>;
  }
  ENSURE(false, "an operator that does not exist");
  return nullptr;
}

}  // namespace

CombineFunction combine_function(DataType dtype, ReduceOp op) {
  switch (dtype) {
    case DataType::Float32: return combine_function_of<float>(op);
    case DataType::Float64: return combine_function_of<double>(op);
    case DataType::Int32: return combine_function_of<std::int32_t>(op);
    case DataType::Int64: return combine_function_of<std::int64_t>(op);
  }
  ENSURE(false, "an element type that does not exist");
  return nullptr;
}

DivideFunction divide_function(DataType dtype) {
  switch (dtype) {
    case DataType::Float32: return divide<float>;
    case DataType::Float64: return divide<double>;
    case DataType::Int32: return divide<std::int32_t>;
    case DataType::Int64: return divide<std::int64_t>;
  }
  ENSURE(false, "an element type that does not exist");
  return nullptr;
}

}  // namespace pleach
