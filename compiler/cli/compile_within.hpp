// The best schedule that a given time allows.
#pragma once

#include "compiler/core/progress.hpp"
#include "compiler/passes/pipeline.hpp"

namespace pleach::cli {

// What was asked for, if three quarters of the time are enough for it. Else what the rest of the
// time gives: one tree for each root at the best rate for that; and where that is too slow too, the
// fastest of the simple schedules (baselines: direct sends, rings), which takes what it takes.
// `generator.method` says which; the bound is that of the machine in any case.
//
// Needs:  as compile_schedule; seconds > 0.
// Errors: MachineError where there is no time for trees and the machine is too large for the simple
//         schedules.
[[nodiscard]] Compiled compile_within(const Topology& topology,
                                      const CompileOptions& options,
                                      double seconds,
                                      const Clock& clock,
                                      const Progress& progress);

}  // namespace pleach::cli
