// The rule bound: the witness of a schedule's bound, and whether any cut is tighter.
#pragma once

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::verify {

// Recomputes the bound from the witness:
//   allgather                 N * capacity leaving S / ranks in S
//   broadcast                 capacity leaving S, which holds the root
//   reduce_scatter, reduce    the same with capacity entering S
//   allreduce, a cut          capacity leaving S
//   allreduce, p parts        the lesser of capacity entering and leaving the parts, over 2 (p-1):
//                             p-1 times must each whole buffer leave a part on the way up and
//                             enter one on the way down, and between parts each route does both
// S holds a rank and misses one. The parts are disjoint and hold all ranks between them, each one.
//
// `algbw` is what the schedule reaches. Reaching the bound proves it; a schedule that does not, or
// that broke another rule, is no proof, and all cuts are searched (not for allreduce).
// Gives: the bound in GB/s, 0 where there is none. Needs: sound indices, nodes and links.
[[nodiscard]] Rational check_bound(const Schedule& schedule,
                                   const Rational& algbw,
                                   ViolationLog& log);

}  // namespace pleach::verify
