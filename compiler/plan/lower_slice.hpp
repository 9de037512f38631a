// Appends the node ops of one slice to a plan.
#pragma once

#include "compiler/plan/forest_shape.hpp"
#include "compiler/plan/plan.hpp"

namespace pleach {

// Adds the ops of plan.slices[slice] to plan.ops and the scratch they need to plan.scratch.
// Needs: `plan` filled but for ops, scratch beyond this slice, and blocks; the slice's trees in
//        `forest`.
// Cost:  one op for each inner node of each of its trees, and one more for every 7 children past 7
//        on the way up and every 8 past 8 on the way down; up to two more for each tree edge
//        between processes.
void lower_slice(const ForestShape& forest, int slice, Plan& plan);

}  // namespace pleach
