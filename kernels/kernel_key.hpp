// Which kernel a call needs.
#pragma once

#include "compiler/core/data_type.hpp"

namespace pleach::device {

// Avg combines as Sum does (Launch::divisor).
struct KernelKey {
  bool combines = false;  // false: only copies, of whatever type
  DataType dtype = DataType::Uint8;
  ReduceOp op = ReduceOp::Sum;
};

}  // namespace pleach::device
