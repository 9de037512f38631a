#include "compiler/passes/scale_capacities.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/passes/feasibility.hpp"

namespace pleach {
namespace {

Integer floor_of(const Rational& scale, const Integer& capacity) {
  return (scale * Rational(capacity)).floor();
}

TreeGraph scaled(const DemandGraph& graph, const Rational& scale, const Integer& trees_per_root) {
  TreeGraph result{graph, trees_per_root};
  for (FlowArc& arc : result.graph.network.arcs) arc.capacity = floor_of(scale, arc.capacity);
  for (Integer& weight : result.graph.weight) weight *= trees_per_root;
  result.graph.total_weight *= trees_per_root;
  result.graph.unit = graph.unit / scale;
  return result;
}

// The least scale, not below `scale`, at which the floors of the links leaving `set` reach the
// trees rooted in it.
Rational least_scale(const DemandGraph& graph,
                     const std::vector<bool>& set,
                     const Integer& trees_per_root,
                     Rational scale) {
  const Integer needed = weight_of(graph, set) * trees_per_root;
  std::vector<Integer> leaving;
  Integer sum = 0;
  for (const FlowArc& arc : graph.network.arcs) {
    if (!set[arc.tail] || set[arc.head]) continue;
    leaving.push_back(arc.capacity);
    sum += arc.capacity;
  }
  scale = std::max(scale, Rational(needed, sum));  // the floors lose, so no less than this
  for (;;) {
    Integer carried = 0;
    for (const Integer& capacity : leaving) carried += floor_of(scale, capacity);
    if (carried >= needed) return scale;
    std::optional<Rational> next;
    for (const Integer& capacity : leaving) {
      const Rational step(floor_of(scale, capacity) + 1, capacity);
      if (!next || step < *next) next = step;
    }
    scale = *next;
  }
}

}  // namespace

TreeGraph scale_to_optimum(const DemandGraph& graph, const Rational& time) {
  return scaled(graph, Rational(time.num()), time.den());
}

TreeGraph scale_to_tree_count(const DemandGraph& graph,
                              const Rational& time,
                              std::int64_t trees_per_root) {
  Rational scale = time * Rational(trees_per_root);
  for (;;) {
    TreeGraph result = scaled(graph, scale, trees_per_root);
    const std::vector<bool> violated = FeasibilityChecker(result.graph).violated_cut();
    if (violated.empty()) return result;
    scale = least_scale(graph, violated, trees_per_root, scale);
  }
}

}  // namespace pleach
