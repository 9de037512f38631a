// The exact limit of rings on a small machine, where no cut may tell it.
//
// Maximise the sum of x_r over all rings r through all GPUs, where the rings over a link carry no
// more than it does. The other side of this linear program is the proof: prices of links at which
// every ring costs at least 1, so that all rings together carry at most sum of bandwidth * price.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/core/rational.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::exporters {

inline constexpr std::size_t kMostPricedGpus = 8;

struct RingPrices {
  Rational rate;                // GB/s: the sum of bandwidth * price, and what some rings reach
  std::vector<Rational> price;  // by link, none below 0
};

// Whether price_rings takes the machine: at most kMostPricedGpus GPUs and no other nodes, so that a
// hop is a link.
[[nodiscard]] bool can_price_rings(const Topology& topology);

// Needs: can_price_rings, and a ring through all GPUs.
// Cost:  an exact linear program of a column for each ring, up to 5040, and a row for each link.
[[nodiscard]] RingPrices price_rings(const Topology& topology);

}  // namespace pleach::exporters
