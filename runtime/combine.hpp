// The arithmetic of a node op: combine elements of several sources, finish an average.
#pragma once

#include <cstddef>

#include "runtime/data_type.hpp"

namespace pleach {

// into[i] = op(left[i], right[i]). `into` may be `left` (or `right`) itself, else they are
// disjoint. Averages add; integer sums and products wrap around.
using CombineFunction = void (*)(std::byte* into,
                                 const std::byte* left,
                                 const std::byte* right,
                                 std::size_t count);
[[nodiscard]] CombineFunction combine_function(DataType dtype, ReduceOp op);

// values[i] /= ranks; integers truncate.
using DivideFunction = void (*)(std::byte* values, std::size_t count, int ranks);
[[nodiscard]] DivideFunction divide_function(DataType dtype);

}  // namespace pleach
