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
  return scale.num() * capacity / scale.den();  // none is below 0
}

TreeGraph scaled(const DemandGraph& graph, const Rational& scale, const Integer& trees_per_root) {
  TreeGraph result{graph, trees_per_root};
  for (FlowArc& arc : result.graph.network.arcs) arc.capacity = floor_of(scale, arc.capacity);
  for (Integer& weight : result.graph.weight) weight *= trees_per_root;
  result.graph.total_weight *= trees_per_root;
  result.graph.unit = graph.unit / scale;
  return result;
}

// One machine whose floors are asked for at many scales.
class Floors {
 public:
  explicit Floors(const DemandGraph& graph) : graph_(graph), checker_(graph) {}

  void set(const Rational& scale, const Integer& trees_per_root) {
    const auto& arcs = graph_.network.arcs;
    for (std::size_t arc = 0; arc < arcs.size(); ++arc) {
      checker_.set_capacity(static_cast<int>(arc), floor_of(scale, arcs[arc].capacity));
    }
    checker_.set_weights(trees_per_root);
  }
  FeasibilityChecker& checker() { return checker_; }

 private:
  const DemandGraph& graph_;
  FeasibilityChecker checker_;
};

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
    if (!set[arc.tail] || set[arc.head] || arc.capacity.sign() == 0) continue;
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
    if (capacity.sign() == 0) continue;  // the other direction has all of a divided link
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

// The least k at which the floors at scale k * step are enough, switch balance included.
class LeastTrees {
 public:
  LeastTrees(const DemandGraph& graph, const Rational& step, const Integer& most)
      : graph_(graph), step_(step), most_(most), floors_(graph) {}

  // Rules out what the cut rules out.
  void add_cut(const std::vector<bool>& set) {
    Cut cut{weight_of(graph_, set), {}};
    Integer sum = 0;
    Integer common = 0;
    for (const FlowArc& arc : graph_.network.arcs) {
      if (!set[arc.tail] || set[arc.head]) continue;
      cut.leaving.push_back(arc.capacity);
      sum += arc.capacity;
      common = gcd(common, arc.capacity);
    }
    if (step_ * Rational(sum) == Rational(cut.weight)) {
      // No unit to spare: k * step * capacity must be whole for each link.
      const Integer whole = step_.den() / gcd(step_.den(), common);
      stride_ *= whole / gcd(stride_, whole);
    }
    cuts_.push_back(std::move(cut));
  }

  // Nothing when the search gives up, or when `most` is reached.
  std::optional<TreeGraph> find() {
    constexpr int kMostValues = 10'000;
    constexpr int kMostSweeps = 256;
    int sweeps = 0;
    Integer trees = stride_;
    for (int value = 0; value < kMostValues && trees < most_; ++value) {
      if (!ruled_out(trees)) {
        if (++sweeps > kMostSweeps) return std::nullopt;
        const Rational scale = step_ * Rational(trees);
        floors_.set(scale, trees);
        const std::vector<bool> violated = floors_.checker().violated_cut();
        if (violated.empty()) {
          TreeGraph result = scaled(graph_, scale, trees);
          if (unbalanced_switches(result.graph).empty()) return result;
          if (auto part = balance_whole(result.graph).graph) return TreeGraph{*part, trees};
        } else {
          add_cut(violated);
        }
      }
      trees = (trees / stride_ + 1) * stride_;
    }
    return std::nullopt;
  }

 private:
  struct Cut {
    Integer weight;                // inside
    std::vector<Integer> leaving;  // capacity of each link
  };

  [[nodiscard]] bool ruled_out(const Integer& trees) const {
    const Rational scale = step_ * Rational(trees);
    return std::any_of(cuts_.begin(), cuts_.end(), [&](const Cut& cut) {
      Integer carried = 0;
      for (const Integer& capacity : cut.leaving) carried += floor_of(scale, capacity);
      return carried < cut.weight * trees;
    });
  }

  const DemandGraph& graph_;
  Rational step_;
  Integer most_;
  Floors floors_;
  Integer stride_ = 1;  // k is a multiple of it
  std::vector<Cut> cuts_;
};

}  // namespace

TreeGraph scale_to_optimum(const Optimum& optimum) {
  return scaled(optimum.balanced, Rational(optimum.time.num()), optimum.time.den());
}

TreeGraph scale_to_least_trees(const Optimum& optimum) {
  const Integer& most = optimum.time.den();
  if (most > Integer(1)) {
    LeastTrees search(optimum.balanced, optimum.time, most);
    if (!optimum.achievable) search.add_cut(optimum.tightest.set);
    if (auto trees = search.find()) return *std::move(trees);
  }
  return scale_to_optimum(optimum);
}

TreeGraph scale_within(const Optimum& optimum, const Rational& tolerance) {
  const TreeGraph exact = scale_to_least_trees(optimum);
  LeastTrees search(optimum.balanced, optimum.time / (Rational(1) - tolerance),
                    exact.trees_per_root);
  auto enough = search.find();
  if (!enough) return exact;
  // So many trees may do better still.
  TreeGraph best = scale_to_tree_count(optimum, enough->trees_per_root.int64());
  return best.graph.unit < enough->graph.unit ? *std::move(enough) : best;
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
  Floors floors(graph);
  std::size_t sink = 0;  // those before it have passed, and more scale keeps it so
  for (;;) {
    floors.set(scale, trees);
    if (const auto violated = floors.checker().violated_cut(sink); !violated.empty()) {
      scale = least_scale(graph, violated, trees, scale);
      continue;
    }
    TreeGraph result = scaled(graph, scale, trees);
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
