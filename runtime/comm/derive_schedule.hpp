// Schedules that are contained in others.
#pragma once

#include <optional>

#include "compiler/ir/schedule.hpp"

namespace pleach {

// The out-trees of `schedule` are an all-gather, or from one root a broadcast; its in-trees a
// reduce-scatter, or to one root a reduce. Nothing when it has no such trees, or when for allgather
// or reduce_scatter its roots do not have equal shares. `root`: broadcast and reduce only. The rate
// is what the trees reach, and no bound is given with it.
[[nodiscard]] std::optional<Schedule> derive_schedule(const Schedule& schedule,
                                                      Collective collective,
                                                      int root);

}  // namespace pleach
