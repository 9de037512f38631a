#include "runtime/combine.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

template <class T>
std::vector<T> combined(DataType dtype, ReduceOp op, std::vector<T> left, std::vector<T> right) {
  std::vector<T> result(left.size());
  combine_function(dtype, op)(reinterpret_cast<std::byte*>(result.data()),
                              reinterpret_cast<const std::byte*>(left.data()),
                              reinterpret_cast<const std::byte*>(right.data()), left.size());
  // On top of either source it gives the same.
  std::vector<T> on_left = left;
  combine_function(dtype, op)(reinterpret_cast<std::byte*>(on_left.data()),
                              reinterpret_cast<const std::byte*>(on_left.data()),
                              reinterpret_cast<const std::byte*>(right.data()), left.size());
  CHECK(on_left == result);
  return result;
}

template <class T>
void check_operators(DataType dtype) {
  // Longer than any vector register, and no multiple of one.
  std::vector<T> left;
  std::vector<T> right;
  for (int i = 0; i < 37; ++i) {
    left.push_back(static_cast<T>(i - 11));
    right.push_back(static_cast<T>(7 - 2 * i));
  }
  const auto check = [&](ReduceOp op, auto expected) {
    const std::vector<T> result = combined(dtype, op, left, right);
    for (std::size_t i = 0; i < left.size(); ++i) CHECK(result[i] == expected(left[i], right[i]));
  };
  check(ReduceOp::Sum, [](T a, T b) { return a + b; });
  check(ReduceOp::Avg, [](T a, T b) { return a + b; });
  check(ReduceOp::Prod, [](T a, T b) { return a * b; });
  check(ReduceOp::Min, [](T a, T b) { return a < b ? a : b; });
  check(ReduceOp::Max, [](T a, T b) { return a < b ? b : a; });
}

TEST_CASE("operators of every type") {
  check_operators<float>(DataType::Float32);
  check_operators<double>(DataType::Float64);
  check_operators<std::int32_t>(DataType::Int32);
  check_operators<std::int64_t>(DataType::Int64);
}

TEST_CASE("integers wrap around") {
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t most_64 = std::numeric_limits<std::int64_t>::max();
  using Ints = std::vector<std::int32_t>;
  using Longs = std::vector<std::int64_t>;
  CHECK(combined(DataType::Int32, ReduceOp::Sum, Ints{most}, Ints{1}) == Ints{-most - 1});
  CHECK(combined(DataType::Int32, ReduceOp::Prod, Ints{1 << 30}, Ints{6}) == Ints{-most - 1});
  CHECK(combined(DataType::Int64, ReduceOp::Sum, Longs{most_64}, Longs{1}) == Longs{-most_64 - 1});
}

TEST_CASE("division truncates integers toward zero") {
  std::vector<std::int32_t> ints = {7, -7, 6, 0};
  divide_function(DataType::Int32)(reinterpret_cast<std::byte*>(ints.data()), 4, 3);
  CHECK(ints == std::vector<std::int32_t>{2, -2, 2, 0});
  std::vector<std::int64_t> longs = {std::int64_t{9} << 40, -1};
  divide_function(DataType::Int64)(reinterpret_cast<std::byte*>(longs.data()), 2, 9);
  CHECK(longs == std::vector<std::int64_t>{std::int64_t{1} << 40, 0});
  std::vector<float> floats = {1, -3};
  divide_function(DataType::Float32)(reinterpret_cast<std::byte*>(floats.data()), 2, 4);
  CHECK(floats == std::vector<float>{0.25F, -0.75F});
  std::vector<double> doubles = {1};
  divide_function(DataType::Float64)(reinterpret_cast<std::byte*>(doubles.data()), 1, 3);
  CHECK(doubles == std::vector<double>{1.0 / 3.0});
}

TEST_CASE("names go both ways") {
  for (const DataType dtype : kDataTypes) CHECK(data_type_named(name_of(dtype)) == dtype);
  for (const ReduceOp op : kReduceOps) CHECK(reduce_op_named(name_of(op)) == op);
  CHECK(data_type_named("float") == std::nullopt);
  CHECK(reduce_op_named("") == std::nullopt);
  CHECK(size_of(DataType::Int32) == 4);
  CHECK(size_of(DataType::Float64) == 8);
}

}  // namespace
}  // namespace pleach
