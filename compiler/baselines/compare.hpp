// All baselines beside the optimum.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

struct Comparison {
  std::string name;
  Rational algbw;                         // GB/s; 0 where the baseline does not apply
  std::optional<Rational> waiting_algbw;  // as in Baseline
  int max_height = 0;                     // 0 without a schedule, as the next
  std::size_t trees = 0;
  std::string note;

  [[nodiscard]] bool applies() const { return algbw.sign() > 0; }
};

// Every baseline for the collective and root of `bound`, the fastest first; those that do not apply
// last. Routes, trees, shares and rate of every schedule are checked by verify/, as soon as it is
// made; only the bound is not proved anew each time.
//
// Needs: `bound` is that of `topology`.
// Cost:  that of BaselineMaker; one schedule in memory at a time.
[[nodiscard]] std::vector<Comparison> compare_baselines(const Topology& topology,
                                                        const Bound& bound);

// Whether a single ring does what nothing can beat.
[[nodiscard]] bool ring_is_optimal(const std::vector<Comparison>& comparisons, const Bound& bound);

}  // namespace pleach::baselines
