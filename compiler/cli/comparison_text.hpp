// The table of `bound --compare`.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/baselines/compare.hpp"
#include "compiler/ir/bound.hpp"

namespace pleach::cli {

// One row for each baseline that applies, a line for each that does not, and what it means.
[[nodiscard]] std::string comparison_text(const std::vector<baselines::Comparison>& comparisons,
                                          const Bound& bound);

// An array; of baselines that do not apply name and note alone.
[[nodiscard]] nlohmann::ordered_json comparison_json(
    const std::vector<baselines::Comparison>& comparisons, const Bound& bound);

}  // namespace pleach::cli
