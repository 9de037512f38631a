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

// The least scale above `scale` at which some link that counts carries one tree more.
template <class Counts>
std::optional<Rational> next_break_point(const DemandGraph& graph,
                                         const Rational& scale,
                                         Counts counts) {
  std::optional<Rational> next;
  for (std::size_t i = 0; i < graph.network.arcs.size(); ++i) {
    const Integer& capacity = graph.network.arcs[i].capacity;
    const Integer trees = floor_of(scale, capacity);
    if (!counts(i, trees)) continue;
    const Rational step(trees + 1, capacity);
    if (!next || step < *next) next = step;
  }
  return next;
}

// The least scale above `scale` at which the floors, each times its link's price, reach 1.
Rational least_priced_scale(const DemandGraph& graph,
                            const std::vector<Rational>& price,
                            Rational scale) {
  Rational sum = 0;
  for (std::size_t i = 0; i < price.size(); ++i) {
    sum += price[i] * Rational(graph.network.arcs[i].capacity);
  }
  scale = std::max(scale, Rational(1) / sum);  // the floors lose, so no less than this
  for (;;) {
    Rational carried = 0;
    for (std::size_t i = 0; i < price.size(); ++i) {
      if (price[i].sign() == 0) continue;
      carried += price[i] * Rational(floor_of(scale, graph.network.arcs[i].capacity));
    }
    if (carried >= Rational(1)) return scale;
    scale = *next_break_point(
        graph, scale, [&](std::size_t arc, const Integer&) { return price[arc].sign() > 0; });
  }
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
  constexpr int kMostFractionalVertices = 32;
  int fractional_vertices = 0;
  for (;;) {
    TreeGraph result = scaled(graph, scale, trees);
    if (const auto violated = FeasibilityChecker(result.graph).violated_cut(); !violated.empty()) {
      scale = least_scale(graph, violated, trees, scale);
      continue;
    }
    if (unbalanced_switches(result.graph).empty()) return result;
    const WholeBalance balanced = balance_whole(result.graph);
    if (balanced.graph) return {*balanced.graph, trees};
    std::optional<Rational> next;
    if (!balanced.price.empty()) {
      next = least_priced_scale(graph, balanced.price, scale);
    } else if (++fractional_vertices < kMostFractionalVertices) {
      next = next_break_point(graph, scale, [&](std::size_t, const Integer& carried) {
        return carried < result.graph.total_weight;  // a link never needs more than all trees
      });
    }
    if (!next || *next >= last) {
      return scaled(optimum.balanced, Rational(optimum.time.num() * optima), trees);
    }
    scale = *next;
  }
}

}  // namespace pleach
