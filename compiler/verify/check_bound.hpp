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
// `algbw` is what the schedule reaches. Reaching the bound proves it. A schedule that does not, but
// breaks no rule but this one, gets its bound proved by a search of all cuts (not for allreduce). A
// schedule that breaks another rule proves nothing, and is not worth that work.
struct CheckedBound {
  Rational algbw;         // GB/s: the least of all cuts where that is proved, else what the witness
                          // allows; 0 where there is none
  bool is_least = false;  // it is known that no cut is tighter
};

// Needs: sound indices, nodes and links.
[[nodiscard]] CheckedBound check_bound(const Schedule& schedule,
                                       const Rational& algbw,
                                       ViolationLog& log);

}  // namespace pleach::verify
