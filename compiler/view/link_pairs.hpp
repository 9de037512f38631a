// The links of a machine as a picture shows them: one wire for each two nodes that are linked.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::view {

struct LinkPair {
  NodeId a{};  // the earlier node in file order
  NodeId b{};
  std::optional<LinkId> there = {};  // from a to b
  std::optional<LinkId> back = {};   // from b to a
  // Both directions exist with the same capacity and, as far as the caller knows, the same load:
  // one stroke says it all.
  bool alike = false;
};

// In order of first mention. `used`, by LinkId, may be empty: then only capacities are compared.
// Cost: O(links log links).
[[nodiscard]] std::vector<LinkPair> link_pairs(const Topology& topology,
                                               const std::vector<Rational>& used);

// How wide links are drawn: the square root of the capacity, so that 50 GB/s stay visible beside
// 900, from the thickest stroke down to a hairline that can still be seen.
struct StrokeWidths {
  Rational largest = {};  // GB/s, of any link
  double thickest = 6;    // its stroke
  [[nodiscard]] double of(const Bandwidth& bandwidth) const;
};
[[nodiscard]] Rational largest_capacity(const Topology& topology);

}  // namespace pleach::view
