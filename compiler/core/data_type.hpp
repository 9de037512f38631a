// Element types and reduction operators. They are named as nccl-tests names them, floating point
// types by their width.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pleach {

enum class DataType {
  Int8,
  Uint8,
  Int16,
  Int32,
  Uint32,
  Int64,
  Uint64,
  Float16,   // IEEE 754 binary16
  Bfloat16,  // the upper half of a float32
  Float32,
  Float64
};

inline constexpr std::array kDataTypes = {DataType::Int8,    DataType::Uint8,   DataType::Int16,
                                          DataType::Int32,   DataType::Uint32,  DataType::Int64,
                                          DataType::Uint64,  DataType::Float16, DataType::Bfloat16,
                                          DataType::Float32, DataType::Float64};

[[nodiscard]] constexpr std::string_view name_of(DataType dtype) {
  switch (dtype) {
    case DataType::Int8: return "int8";
    case DataType::Uint8: return "uint8";
    case DataType::Int16: return "int16";
    case DataType::Int32: return "int32";
    case DataType::Uint32: return "uint32";
    case DataType::Int64: return "int64";
    case DataType::Uint64: return "uint64";
    case DataType::Float16: return "float16";
    case DataType::Bfloat16: return "bfloat16";
    case DataType::Float32: return "float32";
    case DataType::Float64: return "float64";
  }
  return "";
}

// Takes nccl-tests' own names "half", "float" and "double" too.
[[nodiscard]] constexpr std::optional<DataType> data_type_named(std::string_view name) {
  for (const DataType dtype : kDataTypes) {
    if (name_of(dtype) == name) return dtype;
  }
  if (name == "half") return DataType::Float16;
  if (name == "float") return DataType::Float32;
  if (name == "double") return DataType::Float64;
  return std::nullopt;
}

// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(DataType dtype) {
  switch (dtype) {
    case DataType::Int8:
    case DataType::Uint8: return 1;
    case DataType::Int16:
    case DataType::Float16:
    case DataType::Bfloat16: return 2;
    case DataType::Int32:
    case DataType::Uint32:
    case DataType::Float32: return 4;
    case DataType::Int64:
    case DataType::Uint64:
    case DataType::Float64: return 8;
  }
  return 0;
}

// Avg is the sum divided by the number of ranks, once, at the root of the tree; integers truncate.
// Integer sums and products wrap around. What floats do: runtime/combine.hpp.
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
