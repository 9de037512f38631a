// Finds the best rate that cuts allow a collective, from the definition.
#pragma once

#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::verify {

// What a cut allows; `inside` says for each node whether it is in the cut's set S.
//
//   allgather         N * capacity leaving S / ranks in S     broadcast   capacity leaving S
//   reduce_scatter    N * capacity entering S / ranks in S    reduce      capacity entering S
//   allreduce         capacity leaving S
//
// Needs: a rank inside.
[[nodiscard]] Rational cut_rate(const Topology& topology,
                                Collective collective,
                                const std::vector<bool>& inside);

struct TightestCut {
  Rational algbw;            // GB/s
  std::vector<bool> inside;  // a set S that allows just that
};

// The least cut_rate over all S that hold a rank (`root`, where the collective has one) and miss
// one. A rate x can be had if and only if a flow of x reaches every rank in the network where each
// rank feeds x/N (or the root x) into the links. A flow that stays below x gives a cut that allows
// less; its rate is tried next.
//
// Needs: a topology whose indices, nodes and links are sound; not allreduce. Cost: one max-flow for
// each rank, most of them short, and one more for each rate tried.
[[nodiscard]] TightestCut tightest_cut(const Topology& topology, Collective collective, int root);

}  // namespace pleach::verify
