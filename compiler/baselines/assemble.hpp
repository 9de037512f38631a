// From the outlines of both directions to a schedule with its rates.
#pragma once

#include <optional>

#include "compiler/baselines/make_baseline.hpp"
#include "compiler/baselines/outline.hpp"

namespace pleach::baselines {

// Fills in schedule, rates and note. `out` holds the trees away from the roots, `in` those to the
// roots, on reversed links; neither is a refusal.
void assemble(const Topology& topology,
              const Bound& bound,
              const std::optional<Outline>& out,
              const std::optional<Outline>& in,
              Baseline& baseline);

}  // namespace pleach::baselines
