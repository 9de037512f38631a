// The arithmetic of a node op: combine elements of several sources, finish an average.
//
// Every function exists twice, for any processor and for AVX2 with F16C, and both give the same
// bits; only which NaN a sum or product of several NaNs gives is the processor's choice.
#pragma once

#include <cstddef>
#include <span>

#include "compiler/core/data_type.hpp"

namespace pleach {

inline constexpr std::size_t kMaxSources = 8;  // of one call

// into[i] = op(…op(op(sources[0][i], sources[1][i]), sources[2][i])…), then divided by `divisor`
// where that is above 1. One source alone is copied.
//
// Integers: sums and products wrap around; division truncates towards zero.
// float16, bfloat16: the steps and the division are done in float32; the result is rounded once, to
//        nearest even, when it is stored.
// min, max of floats: NaN if any source is NaN. Zeros of two signs are equal, and the first stays.
//
// Needs: 1 to kMaxSources sources of `count` elements each, of any alignment. `into` may be one of
//        the sources, else it overlaps none. divisor >= 0.
using CombineFunction = void (*)(std::byte* into,
                                 std::span<const std::byte* const> sources,
                                 std::size_t count,
                                 int divisor);

enum class VectorUnit { Portable, Avx2 };

// The best one of this processor.
[[nodiscard]] VectorUnit best_vector_unit();

// Avg combines as Sum does: who finishes it passes the divisor.
// Needs: a vector unit that this processor has.
[[nodiscard]] CombineFunction combine_function(DataType dtype,
                                               ReduceOp op,
                                               VectorUnit unit = best_vector_unit());

}  // namespace pleach
