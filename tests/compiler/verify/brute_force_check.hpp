// The definitions once more, written as plainly as possible and with nothing in common with
// compiler/verify/: what verify_schedule is compared with.
#pragma once

#include "compiler/ir/schedule.hpp"

namespace pleach {

// The least rate that any cut allows; tries all 2^nodes sets. Not for allreduce.
[[nodiscard]] Rational brute_force_bound(const Topology& topology, Collective collective, int root);

// Whether a schedule whose indices all exist is valid on `machine`.
[[nodiscard]] bool brute_force_valid(const Schedule& schedule, const Topology& machine);

}  // namespace pleach
