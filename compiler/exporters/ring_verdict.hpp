// Rings beside what nothing can beat.
#pragma once

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/exporters/nccl_graph.hpp"

namespace pleach::exporters {

// All rates are algbw, in GB/s.
struct RingVerdict {
  Rational algbw;    // what the rings reach
  Rational limit;    // what no rings can beat: the lesser of the graph's two, and at most `optimum`
  Rational optimum;  // what no schedule can beat
  Rational share;    // algbw / optimum
  // No rings are faster than these.
  [[nodiscard]] bool best_rings() const { return algbw == limit; }
  // No rings reach the optimum, neither these nor others.
  [[nodiscard]] bool short_of_optimum() const { return limit < optimum; }
};

// Needs: a collective without a root; `optimum` is the proved bound for it on the graph's machine.
[[nodiscard]] RingVerdict judge_rings(const NcclGraph& graph,
                                      Collective collective,
                                      const Rational& optimum);

}  // namespace pleach::exporters
