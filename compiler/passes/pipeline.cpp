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

std::string_view rate_method(const CompileOptions& options) {
  if (options.trees_per_root) return "fixed tree count";
  if (options.tolerance.sign() > 0) return "within a tolerance";
  return "exact optimum";
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
  DirectionPacker(const CompileOptions& options,
                  const Progress& progress,
                  StopWatch& watch,
                  PassSeconds& seconds)
      : options_(options), progress_(progress), watch_(watch), seconds_(seconds) {}

  PackedDirection pack([[maybe_unused]] const Topology& topology,  // for the slow checks
                       const Optimum& optimum) {
    const TreeGraph trees = tree_graph(optimum, options_);
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

  const CompileOptions& options_;
  const Progress& progress_;
  StopWatch& watch_;
  PassSeconds& seconds_;
};

std::string both(std::string_view one, std::string_view other) {
  return one == other ? std::string(one) : std::string(one) + " / " + std::string(other);
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

  DirectionPacker packer(options, progress, watch, compiled.seconds);
  std::optional<PackedDirection> out;
  std::optional<PackedDirection> in;
  if (optima.out) out = packer.pack(topology, *optima.out);
  if (optima.in) in = out && same_both_ways(topology) ? out : packer.pack(topology, *optima.in);
  const PackedDirection& one = out ? *out : *in;
  const PackedDirection& other = in ? *in : *out;
  const PackedGraph none;
  compiled.schedule =
      build_schedule(topology, compiled.bound, out ? out->packed : none, in ? in->packed : none);
  compiled.trees_per_root = std::max(one.trees_per_root, other.trees_per_root);
  compiled.method = {std::string(rate_method(options)),
                     both(name_of(one.split), name_of(other.split)),
                     both(name_of(one.pack), name_of(other.pack))};
  compiled.schedule.generator = {
      "pleach", PLEACH_VERSION,
      compiled.method.rate + ", " + compiled.method.split + ", " + compiled.method.pack};
  watch.charge(compiled.seconds.pack);
  return compiled;
}

}  // namespace pleach
