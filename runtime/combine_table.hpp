// The two builds of runtime/combine_lanes.hpp, which combine_function chooses from.
#pragma once

#include "runtime/combine.hpp"

namespace pleach {

[[nodiscard]] CombineFunction combine_for_any(DataType dtype, ReduceOp op);

#ifdef __x86_64__
// Needs: a processor with AVX2 and F16C.
[[nodiscard]] CombineFunction combine_for_avx2(DataType dtype, ReduceOp op);
#endif

}  // namespace pleach
