// The second half of lowering, from slices to blocks: it knows trees and ranges of elements, but no
// schedule, so a plan can be made of any trees.
#pragma once

#include <cstddef>

#include "compiler/plan/chunk_size.hpp"
#include "compiler/plan/forest_shape.hpp"
#include "compiler/plan/plan.hpp"

namespace pleach {

// Cuts the slices of `plan` into chunks, adds their ops and the scratch these need, and puts the
// ops into blocks. `chunk_bytes` is the chunk of the largest slice, 0 for the best by `hop`
// (PlanOptions::chunk_bytes says what that means for the others).
// Needs: `plan` filled but for chunks, ops and blocks; slices tile the whole buffer, none is empty,
//        and their trees are in `forest`; plan.scratch has an element for each rank.
// Gives: a plan without violations (check_plan.hpp), if the trees carry the collective.
// Cost:  linear in slices x ranks.
void lower_slices(const ForestShape& forest,
                  std::size_t chunk_bytes,
                  const HopCost& hop,
                  Plan& plan);

}  // namespace pleach
