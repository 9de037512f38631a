// Checks a lowered plan from the definitions, without regard to how it was lowered.
//
// Rules, by the names that violations carry:
//   form      every slice, op, rank, wait and buffer range that is named exists
//   slices    slices tile the whole buffer, each inside its root's shard where there are shards
//   blocks    each op is in exactly one block, of its rank, channel and phase, by depth, together
//             with the others of its slice; ops that send are alone in theirs
//   reach     no op touches memory that its rank does not reach (placement.hpp)
//   deadlock  every wait is for an instance with a smaller key (chunk, phase, depth)
//   race      ops that touch the same elements, one of them writing, are ordered by waits; ranges
//             are equal or disjoint, so that chunk c of one op meets only chunk c of another; a
//             ring slot is not written again before its readers gave it back
//   complete  run symbolically, the ops put into every output that the collective fills the values
//             of all ranks (reductions), each once, or of the root
// The last two hold with staging and without (without_staging), and so for each ring by itself.
// Together: any executor that respects blocks and waits ends, with the right result, and with the
// same bits whatever the timing.
#pragma once

#include <string>
#include <vector>

#include "compiler/plan/plan.hpp"

namespace pleach {

struct PlanViolation {
  std::string rule;
  std::string message;
  bool operator==(const PlanViolation&) const = default;
};

// Takes any plan, however broken; the first 20 violations. Later rules are left out when the form
// is wrong.
// Cost: for each slice with n ops, n^2 / 64 words; n log n over all ops.
[[nodiscard]] std::vector<PlanViolation> violations(const Plan& plan);

}  // namespace pleach
