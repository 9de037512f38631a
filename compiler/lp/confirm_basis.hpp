// Decides in exact arithmetic whether a basis is optimal.
#pragma once

#include <optional>

#include "compiler/lp/linear_program.hpp"

namespace pleach {

// Whether the solution is an optimum: feasible, and proved the best by its prices (see LpSolution).
[[nodiscard]] bool is_optimal(const LinearProgram& program, const LpSolution& solution);

// The values and prices that belong to the basis, if it is one and both are feasible: then they are
// an optimum. Nothing otherwise.
//
// Method: the basic columns and the tight rows make a square system; FLINT solves it and its
//         transpose exactly (Dixon 1982).
// Cost:   O(b^3) machine operations for b basic columns, and little for long fractions.
[[nodiscard]] std::optional<LpSolution> confirm_basis(const LinearProgram& program,
                                                      const LpBasis& basis);

}  // namespace pleach
