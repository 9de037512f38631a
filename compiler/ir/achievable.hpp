// The true optimum of a machine whose switches are not balanced, with its proof.
//
// A switch passes on what it takes in, so its links carry as much in as out, however much they
// could. With weights w_S on node sets S and potentials p on the nodes that only forward (0 at all
// others), every schedule satisfies
//
//   algbw <= sum over links u -> v of  bandwidth * max(0, sum of w_S over S with u in, v out
//                                                         + p_v - p_u)
//
// when the w_S * (share of the buffer that starts in S) add up to 1: "what starts in S leaves it",
// counted w_S times, and "as much in as out", counted p_v times, add up to that. One set without
// potentials is the usual bound of a cut. For reduce_scatter and reduce the links count reversed,
// and the share is that which ends in S.
#pragma once

#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"

namespace pleach {

struct WeightedCut {
  std::vector<NodeId>
      nodes;        // in file order; holds a compute node with data and misses one without
  Rational weight;  // > 0
  bool operator==(const WeightedCut&) const = default;
};

struct Potential {
  NodeId node{};   // only forwards
  Rational value;  // not 0
  bool operator==(const Potential&) const = default;
};

struct Achievable {
  Rational algbw;  // GB/s; what the proof comes to, and what a schedule reaches
  std::vector<WeightedCut> cuts;
  std::vector<Potential> potentials;  // in file order
  bool operator==(const Achievable&) const = default;
};

}  // namespace pleach
