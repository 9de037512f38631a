#include "compiler/passes/pipeline.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/passes/build_schedule.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/pack_forest.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/split_graph.hpp"
#include "compiler/verify/check_forest.hpp"

namespace pleach {
namespace {

// Adds the time since the last mark to a pass.
class StopWatch {
 public:
  explicit StopWatch(const Clock& clock) : clock_(clock), mark_(clock()) {}
  void charge(double& seconds) {
    const double now = clock_();
    seconds += now - mark_;
    mark_ = now;
  }

 private:
  const Clock& clock_;
  double mark_;
};

TreeGraph tree_graph(const Optimum& optimum, const CompileOptions& options) {
  if (options.trees_per_root) return scale_to_tree_count(optimum, *options.trees_per_root);
  if (options.tolerance.sign() > 0) return scale_within(optimum, options.tolerance);
  return scale_to_least_trees(optimum);
}

// The trees to pack.
struct Plan {
  std::optional<TreeGraph> out;
  std::optional<TreeGraph> in;  // not where it is the mirror image of `out`
  bool divided = false;
};

Rational rate_of(const TreeGraph& trees) {
  return trees.graph.unit * Rational(trees.graph.total_weight);
}

// With links divided between the directions, where that is faster. Within a tolerance, or with a
// fixed number of trees, directions that take turns may do as well with fewer trees, or better.
Plan plan_divided(const Optima& optima, const CompileOptions& options) {
  const Optimum& turns = *optima.out;  // divided links, and turns, are the same in both directions
  Plan plan{tree_graph(*optima.divided, options), std::nullopt, true};
  if (options.trees_per_root) {
    Plan other{tree_graph(turns, options), std::nullopt, false};
    return rate_of(*other.out) > rate_of(*plan.out) ? other : plan;
  }
  CompileOptions rest = options;
  rest.tolerance =
      Rational(1) - (Rational(1) - options.tolerance) * optima.divided->algbw() / turns.algbw();
  if (rest.tolerance.sign() < 0) return plan;
  Plan other{tree_graph(turns, rest), std::nullopt, false};
  return other.out->trees_per_root < plan.out->trees_per_root ? other : plan;
}

Plan plan_trees(const Optima& optima, const CompileOptions& options) {
  if (optima.divided) return plan_divided(optima, options);
  Plan plan;
  if (optima.out) plan.out = tree_graph(*optima.out, options);
  // Reading a forest backwards gives one for the reversed links.
  const bool mirrored = optima.out && optima.in && reverse_arcs(optima.out->demand);
  if (optima.in && !mirrored) plan.in = tree_graph(*optima.in, options);
  return plan;
}

std::string rate_method(const CompileOptions& options, const Plan& plan) {
  std::string text = "exact optimum";
  if (options.tolerance.sign() > 0) text = "within a tolerance";
  if (options.trees_per_root) text = "fixed tree count";
  return plan.divided ? text + ", divided links" : text;
}

// The trees of one direction, and how they were found.
struct PackedDirection {
  PackedGraph packed;
  Integer trees_per_root;
  SplitWay split = SplitWay::EdgeSplitting;
  PackingWay pack = PackingWay::ShortestPaths;
};

// The passes from rates to trees.
class DirectionPacker {
 public:
  DirectionPacker(const Progress& progress, StopWatch& watch, PassSeconds& seconds)
      : progress_(progress), watch_(watch), seconds_(seconds) {}

  PackedDirection pack([[maybe_unused]] const Topology& topology,  // for the slow checks
                       const TreeGraph& trees) {
    watch_.charge(seconds_.bound);
    // From here on the rate is fixed and every switch balanced; later passes keep both exactly.
    SplitGraph split = split_graph(trees.graph, progress_);
    watch_.charge(seconds_.split);
    std::optional<PackedForest> forest;
    if (split.way == SplitWay::NearestGateways) forest = prove(trees.graph, split);
    ENSURE_SLOW(violations(split.graph, topology.ranks).empty(), "a wrong switch-free graph");
    // From here on every node is a compute node.
    if (!forest) forest = pack_forest(split.graph, progress_);
    ENSURE_SLOW(violations(forest->forest, split.graph).empty(), "a wrong forest");
    watch_.charge(seconds_.pack);
    return {{std::move(split.graph), std::move(forest->forest)},
            trees.trees_per_root,
            split.way,
            forest->way};
  }

 private:
  // A packing is the proof of gateways; a check of their cuts the next best. Replaces what has
  // neither.
  std::optional<PackedForest> prove(const DemandGraph& trees, SplitGraph& split) {
    auto forest = pack_lowest(split.graph, progress_);
    watch_.charge(seconds_.pack);
    if (!forest && !cuts_hold(split.graph)) {
      split = {remove_switches(trees, progress_), SplitWay::EdgeSplitting};
    }
    watch_.charge(seconds_.split);
    return forest;
  }

  const Progress& progress_;
  StopWatch& watch_;
  PassSeconds& seconds_;
};

std::string both(std::string_view one, std::string_view other) {
  return one == other ? std::string(one) : std::string(one) + " / " + std::string(other);
}

}  // namespace

Compiled compile_schedule(const Topology& topology,
                          const CompileOptions& options,
                          const Clock& clock,
                          const Progress& progress) {
  StopWatch watch(clock);
  Compiled compiled;
  const Optima optima = find_optima(topology, options.collective, options.root, progress);
  compiled.bound = bound_of(optima, options.collective, options.root);
  watch.charge(compiled.seconds.bound);

  const Plan plan = plan_trees(optima, options);
  DirectionPacker packer(progress, watch, compiled.seconds);
  std::optional<PackedDirection> out;
  std::optional<PackedDirection> in;
  if (plan.out) out = packer.pack(topology, *plan.out);
  if (plan.in) in = packer.pack(topology, *plan.in);
  if (optima.in && !in) in = out;
  const PackedDirection& one = out ? *out : *in;
  const PackedDirection& other = in ? *in : *out;
  const PackedGraph none;
  compiled.schedule =
      build_schedule(topology, compiled.bound, out ? out->packed : none, in ? in->packed : none);
  compiled.trees_per_root = std::max(one.trees_per_root, other.trees_per_root);
  compiled.method = {rate_method(options, plan), both(name_of(one.split), name_of(other.split)),
                     both(name_of(one.pack), name_of(other.pack))};
  compiled.schedule.generator = {
      "pleach", PLEACH_VERSION,
      compiled.method.rate + ", " + compiled.method.split + ", " + compiled.method.pack};
  watch.charge(compiled.seconds.pack);
  return compiled;
}

}  // namespace pleach
