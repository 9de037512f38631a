#include "compiler/view/link_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace pleach::view {

std::vector<LinkPair> link_pairs(const Topology& topology, const std::vector<Rational>& used) {
  std::vector<LinkPair> pairs;
  std::map<std::pair<NodeId, NodeId>, std::size_t> position;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const auto [a, b] = std::minmax(link.from, link.to);
    const auto [entry, is_new] = position.emplace(std::pair(a, b), pairs.size());
    if (is_new) pairs.push_back({.a = a, .b = b});
    LinkPair& pair = pairs[entry->second];
    (link.from == a ? pair.there : pair.back) = LinkId{static_cast<std::int32_t>(i)};
  }
  for (LinkPair& pair : pairs) {
    if (!pair.there || !pair.back) continue;
    const std::size_t there = index(*pair.there);
    const std::size_t back = index(*pair.back);
    pair.alike = topology.links[there].bandwidth == topology.links[back].bandwidth &&
                 (used.empty() || used[there] == used[back]);
  }
  return pairs;
}

Rational largest_capacity(const Topology& topology) {
  Rational largest;
  for (const Link& link : topology.links) {
    largest = std::max(largest, link.bandwidth.gigabytes_per_second);
  }
  return largest;
}

double StrokeWidths::of(const Bandwidth& bandwidth) const {
  const double part = (bandwidth.gigabytes_per_second / largest).to_double();
  // Halves of a unit: neighbouring widths that a reader could not tell apart look the same.
  return std::max(std::min(1.0, thickest), std::round(2 * thickest * std::sqrt(part)) / 2);
}

}  // namespace pleach::view
