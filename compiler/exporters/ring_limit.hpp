// What nothing can beat that goes round in rings.
#pragma once

#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

// A ring through all GPUs leaves every node set that has GPUs inside and outside at least once. So
// all rings together carry at most what may leave such a set:
//
//   rate <= min over S of capacity leaving S,   S any node set with GPUs on both sides
struct RingLimit {
  Rational rate;            // GB/s
  std::vector<NodeId> cut;  // a set that attains it, in file order
};

// Cost: two max-flows for each GPU but one.
[[nodiscard]] RingLimit ring_limit(const Topology& topology);

// The rate of a collective (bytes of the whole buffer by time) whose data go round in rings that
// carry `rate` GB/s together: N / (N-1) of it for an allgather or reduce_scatter, as each GPU's own
// share need not come in; half of that for an allreduce, which goes round twice.
// Needs: a collective without a root, ranks > 1.
[[nodiscard]] Rational ring_algbw(const Rational& rate, Collective collective, std::size_t ranks);

}  // namespace pleach::exporters
