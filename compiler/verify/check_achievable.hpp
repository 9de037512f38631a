// The rule achievable: the proof of what a machine with unbalanced switches can reach.
#pragma once

#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/verify/violation.hpp"

namespace pleach::verify {

// Recomputes the limit from the weighted sets and the potentials by the inequality in
// ir/achievable.hpp, and compares it with what is stated and with `algbw`, what the schedule
// reaches.
//
// Needs: sound indices, nodes and links; schedule.bound.achievable is there.
// Gives: the limit in GB/s; 0 where the proof is none.
[[nodiscard]] Rational check_achievable(const Schedule& schedule,
                                        const Rational& algbw,
                                        ViolationLog& log);

}  // namespace pleach::verify
