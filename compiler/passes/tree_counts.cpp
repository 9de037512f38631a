#include "compiler/passes/tree_counts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/scale_capacities.hpp"

namespace pleach {
namespace {

constexpr std::array<std::int64_t, 14> kCounts = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64};

Rational rate_of(const Optimum& flow, std::int64_t trees_per_root) {
  const TreeGraph trees = scale_to_tree_count(flow, trees_per_root);
  // `unit` is what one tree carries, and the total weight counts the trees of all roots.
  return trees.graph.unit * Rational(trees.graph.total_weight);
}

Rational best_rate(const Optima& optima, std::int64_t trees_per_root) {
  Rational seconds_per_gigabyte;
  for (const auto* flow : {&optima.out, &optima.in}) {
    if (*flow) seconds_per_gigabyte += Rational(1) / rate_of(**flow, trees_per_root);
  }
  const Rational in_turns = Rational(1) / seconds_per_gigabyte;
  if (!optima.divided) return in_turns;
  return std::max(in_turns, rate_of(*optima.divided, trees_per_root) / 2);
}

}  // namespace

std::vector<TreeCount> tree_counts(const Topology& topology, const Bound& bound) {
  const Optima optima = find_optima(topology, bound.collective, bound.root);
  Integer needed = 0;
  if (optima.divided) {
    needed = scale_to_least_trees(*optima.divided).trees_per_root;
  } else {
    for (const auto* flow : {&optima.out, &optima.in}) {
      if (*flow) needed = std::max(needed, scale_to_least_trees(**flow).trees_per_root);
    }
  }
  std::vector<TreeCount> counts;
  for (const std::int64_t count : kCounts) {
    if (Integer(count) >= needed) break;
    Rational algbw = best_rate(optima, count);
    if (counts.empty() || algbw > counts.back().algbw) counts.push_back({count, algbw});
    if (algbw == bound.best()) return counts;
  }
  counts.push_back({needed, bound.best()});
  return counts;
}

}  // namespace pleach
