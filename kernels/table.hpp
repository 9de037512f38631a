// From a KernelKey to what a kernel is made of: each side of the shim instantiates its own kernels.
#pragma once

#include <cstdint>

#include "compiler/core/data_type.hpp"
#include "kernels/kernel_key.hpp"
#include "kernels/move.hpp"

namespace pleach::device {

inline namespace PLEACH_SHIM {

template <class Arithmetic>
struct Choice {};

template <class Format, class Visit>
auto choose_op(ReduceOp op, Visit visit) {
  switch (op) {
    case ReduceOp::Min: return visit(Choice<Combining<Format, ReduceOp::Min>>{});
    case ReduceOp::Max: return visit(Choice<Combining<Format, ReduceOp::Max>>{});
    case ReduceOp::Prod: return visit(Choice<Combining<Format, ReduceOp::Prod>>{});
    case ReduceOp::Sum:
    case ReduceOp::Avg: break;
  }
  return visit(Choice<Combining<Format, ReduceOp::Sum>>{});
}

// visit(Choice<A>), where A is the Arithmetic (kernels/move.hpp) that `key` asks for.
template <class Visit>
auto choose_kernel(const KernelKey& key, Visit visit) {
  if (!key.combines) return visit(Choice<Copying>{});
  switch (key.dtype) {
    case DataType::Int8: return choose_op<Native<std::int8_t>>(key.op, visit);
    case DataType::Uint8: return choose_op<Native<std::uint8_t>>(key.op, visit);
    case DataType::Int16: return choose_op<Native<std::int16_t>>(key.op, visit);
    case DataType::Int32: return choose_op<Native<std::int32_t>>(key.op, visit);
    case DataType::Uint32: return choose_op<Native<std::uint32_t>>(key.op, visit);
    case DataType::Int64: return choose_op<Native<std::int64_t>>(key.op, visit);
    case DataType::Uint64: return choose_op<Native<std::uint64_t>>(key.op, visit);
    case DataType::Float16: return choose_op<Float16>(key.op, visit);
    case DataType::Bfloat16: return choose_op<Bfloat16>(key.op, visit);
    case DataType::Float32: return choose_op<Native<float>>(key.op, visit);
    case DataType::Float64: break;
  }
  return choose_op<Native<double>>(key.op, visit);
}

}  // namespace PLEACH_SHIM
}  // namespace pleach::device
