// Seeded rows for the tests of tables.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "compiler/nccl/choice_table.hpp"

namespace pleach::testing {

// Rows from a small world, so that many of them overlap: few shapes, sizes up to 20 and no end.
[[nodiscard]] std::vector<nccl::ChoiceRow> crowded_rows(std::mt19937_64& random, int count);

// The same, less those that overlap an earlier one.
[[nodiscard]] std::vector<nccl::ChoiceRow> disjoint_rows(std::mt19937_64& random, int count);

// Whether some call answers to both, tried out size by size.
[[nodiscard]] bool overlap_by_trial(const nccl::ChoiceRow& a, const nccl::ChoiceRow& b);

}  // namespace pleach::testing
