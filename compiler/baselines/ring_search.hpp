// The rings that data run along: which rank follows which.
#pragma once

#include <vector>

#include "compiler/baselines/router.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::baselines {

struct Rings {
  std::vector<int> best;  // the best single one that was found: ranks in order
  // Those that run fastest together with equal shares, the fewest on a tie.
  std::vector<std::vector<int>> channels;
};

// Rings through all ranks. Each ring avoids the links that the channels before it use most. Several
// attempts from different seeds, where ranks are few; the best counts.
//
// Boxes stay together: which rank a ring leaves a box by and enters the next one by is chosen for
// each channel, the order inside by local search (tour.hpp). Without boxes the whole ring is
// searched, from nearest neighbours on, up to 256 ranks; beyond, nearest neighbours alone. Up to 8
// ranks all orders are tried.
//
// Needs:  `router` is that of `topology`; `boxes` are lists of ranks that hold each once. `enough`,
//         in GB/s, is what flows through the rings together where nothing can be better.
// Gives:  1 to 32 channels.
// Cost:   for each ring O(ranks) routes between boxes times ranks a box; without boxes O(ranks^2)
//         routes up to 256 ranks.
[[nodiscard]] Rings find_rings(const Topology& topology,
                               Router& router,
                               const std::vector<std::vector<int>>& boxes,
                               const Rational& enough);

// In which order a ring passes the boxes (positions in `boxes`), and the places of the first box
// (positions in boxes.front()). The other boxes, of the same size, are passed in the same places.
struct BoxOrder {
  std::vector<std::size_t> boxes;
  std::vector<std::size_t> places;
};
[[nodiscard]] BoxOrder box_order(const std::vector<std::vector<int>>& boxes,
                                 const std::vector<int>& ring);

}  // namespace pleach::baselines
