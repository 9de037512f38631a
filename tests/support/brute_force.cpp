#include "tests/support/brute_force.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace pleach::testing {
namespace {

bool has(unsigned set, std::size_t node) { return (set >> node & 1U) != 0; }

}  // namespace

Rational best_algbw(const Topology& topology, Collective collective, int root) {
  const bool mirrored = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  const auto num_ranks = static_cast<std::int64_t>(topology.num_ranks());
  const Rational total = has_root(collective) ? 1 : num_ranks;
  std::optional<Rational> best;
  for (unsigned set = 1; set < 1U << topology.num_nodes(); ++set) {
    std::int64_t inside = 0;
    for (const NodeId node : topology.ranks) inside += has(set, index(node)) ? 1 : 0;
    if (inside == num_ranks) continue;
    const std::int64_t weight =
        has_root(collective) ? (has(set, index(topology.ranks[root])) ? 1 : 0) : inside;
    if (weight == 0) continue;
    Rational leaving = 0;
    for (const Link& link : topology.links) {
      const auto from = index(mirrored ? link.to : link.from);
      const auto to = index(mirrored ? link.from : link.to);
      if (has(set, from) && !has(set, to)) leaving += link.bandwidth.gigabytes_per_second;
    }
    const Rational rate = total * leaving / weight;
    if (!best || rate < *best) best = rate;
  }
  return *best;
}

Rational best_algbw_for_tree_count(const Topology& topology, int trees_per_root) {
  const auto num_ranks = static_cast<std::int64_t>(topology.num_ranks());
  const auto fits = [&](const Rational& scale) {
    for (unsigned set = 1; set < 1U << topology.num_nodes(); ++set) {
      std::int64_t inside = 0;
      for (const NodeId node : topology.ranks) inside += has(set, index(node)) ? 1 : 0;
      if (inside == num_ranks || inside == 0) continue;
      Integer leaving = 0;
      for (const Link& link : topology.links) {
        if (!has(set, index(link.from)) || has(set, index(link.to))) continue;
        leaving += (scale * link.bandwidth.gigabytes_per_second).floor();
      }
      if (leaving < Integer(inside * trees_per_root)) return false;
    }
    return true;
  };
  // The floors change only at j / bandwidth, and no link needs to carry more than all trees.
  std::set<Rational> steps;
  for (const Link& link : topology.links) {
    for (std::int64_t j = 1; j <= num_ranks * trees_per_root; ++j) {
      steps.insert(Rational(j) / link.bandwidth.gigabytes_per_second);
    }
  }
  const std::vector<Rational> sorted(steps.begin(), steps.end());
  const auto least = std::partition_point(sorted.begin(), sorted.end(),
                                          [&](const Rational& scale) { return !fits(scale); });
  return Rational(num_ranks * trees_per_root) / *least;
}

bool every_cut_holds(const SwitchFreeGraph& graph) {
  const std::size_t num_ranks = graph.trees.size();
  for (unsigned set = 1; set + 1 < 1U << num_ranks; ++set) {
    Integer needed = 0;
    Integer leaving = 0;
    for (std::size_t rank = 0; rank < num_ranks; ++rank) {
      if (has(set, rank)) needed += graph.trees[rank];
    }
    for (const LogicalEdge& edge : graph.edges) {
      if (has(set, edge.tail) && !has(set, edge.head)) leaving += edge.capacity;
    }
    if (leaving < needed) return false;
  }
  return true;
}

}  // namespace pleach::testing
