// Cuts a whole number of elements in proportion to exact shares.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/rational.hpp"

namespace pleach {

// One part for each share, in order, that sum to `total`: each part is its exact due rounded down,
// and the elements left over go one each to the largest remainders (ties: to the first).
// Needs: shares above 0; they need not sum to 1.
// Cost:  n log n for n shares.
[[nodiscard]] std::vector<std::uint64_t> split(std::uint64_t total,
                                               const std::vector<Rational>& shares);

// The same for n equal shares.
[[nodiscard]] std::vector<std::uint64_t> split_evenly(std::uint64_t total, int parts);

}  // namespace pleach
