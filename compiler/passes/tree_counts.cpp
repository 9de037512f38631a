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

Rational best_rate(const std::vector<Optimum>& flows, std::int64_t trees_per_root) {
  Rational seconds_per_gigabyte;
  for (const Optimum& flow : flows) {
    const TreeGraph trees = scale_to_tree_count(flow, trees_per_root);
    // `unit` is what one tree carries, and the total weight counts the trees of all roots.
    seconds_per_gigabyte += Rational(1) / (trees.graph.unit * Rational(trees.graph.total_weight));
  }
  return Rational(1) / seconds_per_gigabyte;
}

}  // namespace

std::vector<TreeCount> tree_counts(const Topology& topology, const Bound& bound) {
  Optima optima = find_optima(topology, bound.collective, bound.root);
  std::vector<Optimum> flows;
  for (std::optional<Optimum>* flow : {&optima.out, &optima.in}) {
    if (*flow) flows.push_back(std::move(**flow));
  }
  Integer needed = 0;
  for (const Optimum& flow : flows) {
    needed = std::max(needed, scale_to_least_trees(flow).trees_per_root);
  }
  std::vector<TreeCount> counts;
  for (const std::int64_t count : kCounts) {
    if (Integer(count) >= needed) break;
    Rational algbw = best_rate(flows, count);
    if (counts.empty() || algbw > counts.back().algbw) counts.push_back({count, algbw});
    if (algbw == bound.best()) return counts;
  }
  counts.push_back({needed, bound.best()});
  return counts;
}

}  // namespace pleach
