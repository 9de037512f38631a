// The rings that data run along: which rank follows which.
#pragma once

#include <vector>

#include "compiler/baselines/router.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

// Orders of all ranks around rings, one a channel. The first is the best single ring that was found;
// each other one avoids the links that those before it use most.
//
// Boxes stay together: which rank a ring leaves a box by and enters the next one by is chosen for
// each channel, the order inside by nearest neighbour, then local search (tour.hpp). Without boxes
// the whole ring is searched that way, up to 256 ranks; beyond, nearest neighbour alone. Up to 8
// ranks all orders are tried.
//
// Needs:  `router` is that of `topology`; `boxes` are lists of ranks that hold each once.
// Gives:  at least one ring; at most 32, and no more once the rings together reach `enough`.
// Cost:   for each ring O(ranks) routes between boxes times ranks a box, O(ranks^2) routes without
//         boxes up to 256 ranks.
[[nodiscard]] std::vector<std::vector<int>> find_rings(const Topology& topology,
                                                       Router& router,
                                                       const std::vector<std::vector<int>>& boxes,
                                                       const Rational& enough);

// How many of the rings, from the first on, run fastest together with equal shares; the fewest on a
// tie.
[[nodiscard]] std::size_t best_channel_count(const Topology& topology,
                                             Router& router,
                                             const std::vector<std::vector<int>>& rings);

// In which order a ring passes the boxes (positions in `boxes`), and the places of the first box
// (positions in boxes.front()). The other boxes, of the same size, are passed in the same places.
struct BoxOrder {
  std::vector<std::size_t> boxes;
  std::vector<std::size_t> places;
};
[[nodiscard]] BoxOrder box_order(const std::vector<std::vector<int>>& boxes,
                                 const std::vector<int>& ring);

}  // namespace pleach::baselines
