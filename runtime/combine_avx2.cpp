#ifdef __x86_64__

// Without FMA: a contracted product and sum would round once where combine_any.cpp rounds twice.
#define PLEACH_LANES __attribute__((target("avx2,f16c")))
#define PLEACH_F16C
#include "runtime/combine_lanes.hpp"

namespace pleach {

CombineFunction combine_for_avx2(DataType dtype, ReduceOp op) { return function_of(dtype, op); }

}  // namespace pleach

#endif
