#include "compiler/passes/scale_capacities.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/passes/balance_switches.hpp"
#include "compiler/passes/feasibility.hpp"
#include "compiler/passes/remove_switches.hpp"

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

// The least scale above `scale` at which some link carries one tree more.
Rational next_break_point(const DemandGraph& graph, const Rational& scale) {
  std::optional<Rational> next;
  for (const FlowArc& arc : graph.network.arcs) {
    const Rational step(floor_of(scale, arc.capacity) + 1, arc.capacity);
    if (!next || step < *next) next = step;
  }
  return *next;
}

}  // namespace

TreeGraph scale_to_optimum(const Optimum& optimum) {
  return scaled(optimum.balanced, Rational(optimum.time.num()), optimum.time.den());
}

TreeGraph scale_to_tree_count(const Optimum& optimum, std::int64_t trees_per_root) {
  const DemandGraph& graph = optimum.demand;
  const Integer trees = trees_per_root;
  // From the balanced graph's unit to the machine's.
  const Rational time = optimum.time * graph.unit / optimum.balanced.unit;
  Rational scale = time * Rational(trees);
  const Integer optima = (trees + optimum.time.den() - 1) / optimum.time.den();
  const Rational last = time * Rational(optima * optimum.time.den());
  for (;;) {
    TreeGraph result = scaled(graph, scale, trees);
    if (const auto violated = FeasibilityChecker(result.graph).violated_cut(); !violated.empty()) {
      scale = least_scale(graph, violated, trees, scale);
      continue;
    }
    if (unbalanced_switches(result.graph).empty()) return result;
    if (auto balanced = balance_whole(result.graph)) return {std::move(*balanced), trees};
    scale = next_break_point(graph, scale);
    if (scale >= last) {
      return scaled(optimum.balanced, Rational(optimum.time.num() * optima), trees);
    }
  }
}

}  // namespace pleach
