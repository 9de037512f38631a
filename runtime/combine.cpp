#include "runtime/combine.hpp"

#include "compiler/core/check.hpp"
#include "runtime/combine_table.hpp"

namespace pleach {

#ifdef __x86_64__
VectorUnit best_vector_unit() {
  const bool wide = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("f16c") != 0;
  return wide ? VectorUnit::Avx2 : VectorUnit::Portable;
}

CombineFunction combine_function(DataType dtype, ReduceOp op, VectorUnit unit) {
  return unit == VectorUnit::Avx2 ? combine_for_avx2(dtype, op) : combine_for_any(dtype, op);
}
#else
VectorUnit best_vector_unit() { return VectorUnit::Portable; }

CombineFunction combine_function(DataType dtype, ReduceOp op, VectorUnit unit) {
  ENSURE(unit == VectorUnit::Portable, "AVX2 is asked for, which only x86-64 has");
  return combine_for_any(dtype, op);
}
#endif

}  // namespace pleach
