// Divides each link between the two halves of an all-reduce, on a machine whose links are the same
// both ways.
//
// In-trees bring the sums to the roots, out-trees take them back. When the two take turns, each
// with all links for itself, either is slowed by the tightest cut in one direction of its links,
// while the other direction has room. Instead the out-trees may take more of a link and less of its
// reverse, and the in-trees, their mirror images, the opposite:
//
//   max x   c_e + c_r(e) = 2 b_e for each link e and its reverse r(e), c_e >= 0
//           c(into w) = c(out of w) for each switch w
//           c(out of S) >= x * weight(S) for each node set S that misses a rank
//
// c_e / 2 is what out-trees take of e, c_r(e) / 2 what in-trees do. All c_e = b_e is taking turns.
// No other all-reduce of in-trees and out-trees does better, even where the ranks are roots of
// unequal parts of the buffer:
//   - The mirror image of a solution is one too, and so is their mean; and what the mean leaves of
//     a link can be given to both directions alike. So c_e + c_r(e) = 2 b_e, and in-trees that are
//     no mirror images gain nothing.
//   - An out-tree and its mirror image cross each edge of the same undirected tree once in each
//     direction, whichever rank is the root. So each may be rooted at any rank, or evenly at all.
// Without switches x is thus the packing of undirected trees, and what parts of the machine let in
// proves that nothing is faster (Tutte 1961, Nash-Williams 1961; allreduce_limit.hpp).
//
// Method: as balance_switches: cuts by max-flow as they are needed, CLP proposes a vertex, FLINT
//         makes it exact, max-flows on its exact numbers decide. Among the best divisions the one
//         nearest to c_e = b_e is taken: a regular machine stays regular but for its faults. The
//         distances have slightly different weights for different links, so that it is the only one
//         and no floating-point unit can change it.
// Cost:   one max-flow a sink for each round of cuts, two linear programs a round.
// Source: our own.
#pragma once

#include <cstddef>
#include <optional>

#include "compiler/core/progress.hpp"
#include "compiler/ir/achievable.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

struct DividedLinks {
  // The machine with c_e for b_e: what an all-gather may use that takes turns with the mirror image
  // of itself. Every switch is balanced.
  DemandGraph graph;
  // Of that all-gather, twice the all-reduce's, in GB/s; and why no division allows more. With the
  // weights w_S and potentials p of ir/achievable.hpp and
  //   z_e = sum of w_S over the S that e leaves + p_head - p_tail
  // algbw <= sum over pairs of links e, r(e) of  2 b_e * max(z_e, z_r(e)).
  Achievable proof;
};

// Machines larger than that are left alone. At that size (16 DGX H100 with faults, a torus of 144
// GPUs with a rate for each link) the programs took up to 0.2 s.
inline constexpr std::size_t kMostLinksTimesRanks = 100'000;

// Needs: the demand graph of an all-gather, and its rate in GB/s.
// Gives: the graph itself where no division allows more; nothing where some link differs from its
//        reverse, or where links * ranks is more than kMostLinksTimesRanks. Nothing either where
//        CLP ends twice at a basis that does not hold exactly and the machine is too large for the
//        simplex method in fractions (more than a tenth of that).
[[nodiscard]] std::optional<DividedLinks> divide_links(const DemandGraph& gather,
                                                       const Rational& gather_algbw,
                                                       const Progress& progress = {});

}  // namespace pleach
