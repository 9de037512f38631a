#include "runtime/combine_lanes.hpp"

namespace pleach {

CombineFunction combine_for_any(DataType dtype, ReduceOp op) { return function_of(dtype, op); }

}  // namespace pleach
