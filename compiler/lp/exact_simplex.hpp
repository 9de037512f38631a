// The simplex method in fractions: slow, simple, and right where floating point is not.
#pragma once

#include "compiler/lp/linear_program.hpp"

namespace pleach {

// An optimum of a program that all zeros satisfy.
//
// Method: the primal simplex for bounded variables on a full tableau (Dantzig 1955), from the
// vertex
//         of all zeros, with the least-index rule (Bland 1977), so it always ends.
// Needs:  every lower bound is 0.
// Cost:   O(rows * columns) exact operations a pivot; the number of pivots has no good bound.
// Place:  the fallback where CLP's basis does not hold, and what tests compare CLP with.
[[nodiscard]] LpSolution exact_simplex(const LinearProgram& program);

}  // namespace pleach
