#include "compiler/exporters/ring_verdict.hpp"

#include <algorithm>

#include "compiler/core/check.hpp"

namespace pleach::exporters {

RingVerdict judge_rings(const NcclGraph& graph, Collective collective, const Rational& optimum) {
  const std::size_t ranks = graph.plan.rings.front().size();
  const Rational algbw = ring_algbw(graph.plan.rate, collective, ranks);
  // Switches with unequal ways in and out can keep the optimum below every cut.
  const Rational rate =
      graph.prices ? std::min(graph.prices->rate, graph.limit.rate) : graph.limit.rate;
  const Rational limit = std::min(ring_algbw(rate, collective, ranks), optimum);
  ENSURE(algbw <= limit, "rings are faster than what nothing can beat");
  return {.algbw = algbw, .limit = limit, .optimum = optimum, .share = algbw / optimum};
}

}  // namespace pleach::exporters
