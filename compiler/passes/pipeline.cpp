#include "compiler/passes/pipeline.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
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

// The passes from rates to trees, for one direction.
PackedGraph pack([[maybe_unused]] const Topology& topology,  // for the slow checks
                 const Optimum& optimum,
                 const CompileOptions& options,
                 Integer& trees_per_root,
                 StopWatch& watch,
                 PassSeconds& seconds) {
  const TreeGraph trees = tree_graph(optimum, options);
  watch.charge(seconds.bound);
  // From here on the rate is fixed and every switch balanced; later passes keep both exactly.
  trees_per_root = trees.trees_per_root;
  SplitGraph split = split_graph(trees.graph);
  watch.charge(seconds.split);
  PackedGraph packed;
  // A packing is the proof of gateways; a check of their cuts the next best.
  std::optional<PackedForest> forest;
  if (split.way == SplitWay::NearestGateways) {
    forest = pack_lowest(split.graph);
    watch.charge(seconds.pack);
    if (!forest && !cuts_hold(split.graph)) {
      split = {remove_switches(trees.graph), SplitWay::EdgeSplitting};
    }
    watch.charge(seconds.split);
  }
  packed.graph = std::move(split.graph);
  ENSURE_SLOW(violations(packed.graph, topology.ranks).empty(), "a wrong switch-free graph");
  // From here on every node is a compute node.
  packed.forest = forest ? std::move(forest->forest) : pack_forest(packed.graph).forest;
  ENSURE_SLOW(violations(packed.forest, packed.graph).empty(), "a wrong forest");
  watch.charge(seconds.pack);
  return packed;
}

// Reading a forest backwards gives one for the reversed links, so a machine whose links are the
// same both ways needs no second packing.
bool same_both_ways(const Topology& topology) {
  std::vector<Link> reversed = topology.links;
  for (Link& link : reversed) std::swap(link.from, link.to);
  std::vector<Link> links = topology.links;
  for (auto* list : {&links, &reversed}) {
    for (Link& link : *list) link.latency = {};
    std::sort(list->begin(), list->end(), [](const Link& a, const Link& b) {
      return std::tie(a.from, a.to) < std::tie(b.from, b.to);
    });
  }
  return links == reversed;
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

  const auto pack_one = [&](const Optimum& optimum) {
    return pack(topology, optimum, options, compiled.trees_per_root, watch, compiled.seconds);
  };
  PackedGraph broadcast;
  PackedGraph reduce;
  if (optima.out) broadcast = pack_one(*optima.out);
  if (optima.in) {
    reduce = optima.out && same_both_ways(topology) ? broadcast : pack_one(*optima.in);
  }
  compiled.schedule = build_schedule(topology, compiled.bound, broadcast, reduce);
  compiled.schedule.generator = {"pleach", PLEACH_VERSION,
                                 options.trees_per_root
                                     ? "fixed tree count, edge splitting, tree packing"
                                     : "exact optimum, edge splitting, tree packing"};
  watch.charge(compiled.seconds.pack);
  return compiled;
}

}  // namespace pleach
