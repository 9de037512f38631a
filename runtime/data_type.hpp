// Element types and reduction operators, named as nccl-tests names them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pleach {

enum class DataType { Float32, Float64, Int32, Int64 };

inline constexpr std::array kDataTypes = {DataType::Float32, DataType::Float64, DataType::Int32,
                                          DataType::Int64};

[[nodiscard]] constexpr std::string_view name_of(DataType dtype) {
  switch (dtype) {
    case DataType::Float32: return "float32";
    case DataType::Float64: return "float64";
    case DataType::Int32: return "int32";
    case DataType::Int64: return "int64";
  }
  return "";
}

[[nodiscard]] constexpr std::optional<DataType> data_type_named(std::string_view name) {
  for (const DataType dtype : kDataTypes) {
    if (name_of(dtype) == name) return dtype;
  }
  return std::nullopt;
}

// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(DataType dtype) {
  return dtype == DataType::Float32 || dtype == DataType::Int32 ? 4 : 8;
}

// Avg is the sum divided by the number of ranks, once, at the root of the tree; integers truncate.
// Integer sums and products wrap around.
enum class ReduceOp { Sum, Min, Max, Prod, Avg };

inline constexpr std::array kReduceOps = {ReduceOp::Sum, ReduceOp::Min, ReduceOp::Max,
                                          ReduceOp::Prod, ReduceOp::Avg};

[[nodiscard]] constexpr std::string_view name_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum: return "sum";
    case ReduceOp::Min: return "min";
    case ReduceOp::Max: return "max";
    case ReduceOp::Prod: return "prod";
    case ReduceOp::Avg: return "avg";
  }
  return "";
}

[[nodiscard]] constexpr std::optional<ReduceOp> reduce_op_named(std::string_view name) {
  for (const ReduceOp op : kReduceOps) {
    if (name_of(op) == name) return op;
  }
  return std::nullopt;
}

}  // namespace pleach
