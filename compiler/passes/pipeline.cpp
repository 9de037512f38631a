#include "compiler/passes/pipeline.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compiler/core/check.hpp"
#include "compiler/passes/build_schedule.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/passes/pack_trees.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/tightest_cut.hpp"
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

std::string names_of(const Topology& topology, const std::vector<int>& nodes) {
  constexpr std::size_t kMost = 8;
  std::string names;
  for (std::size_t i = 0; i < nodes.size() && i < kMost; ++i) {
    names += (i > 0 ? ", \"" : "\"") + topology.nodes[nodes[i]].id + "\"";
  }
  if (nodes.size() > kMost) names += " and " + std::to_string(nodes.size() - kMost) + " more";
  return names;
}

Diagnostic unbalanced(const Topology& topology, const std::vector<int>& switches) {
  return {.file = topology.name,
          .line = 0,
          .pointer = "",
          .message = "can not compile yet: " + std::to_string(switches.size()) +
                     (switches.size() == 1 ? " node that only forwards has"
                                           : " nodes that only forward have") +
                     " different capacity in and out: " + names_of(topology, switches),
          .expected = "as much capacity into each switch, NIC and CPU as out of it",
          .fix =
              "`pleach bound` gives this machine's limit; to get a schedule now, write the lower "
              "of the two rates for the links concerned"};
}

Diagnostic unbalanced_by_rounding(const Topology& topology,
                                  const std::vector<int>& switches,
                                  std::int64_t trees_per_root) {
  return {.file = topology.name,
          .line = 0,
          .pointer = "",
          .message = "can not compile yet with " + std::to_string(trees_per_root) +
                     (trees_per_root == 1 ? " tree" : " trees") +
                     " per root: in whole trees, the links of " + names_of(topology, switches) +
                     " carry different amounts in and out",
          .expected = "a number of trees that keeps every switch balanced",
          .fix = "try another --trees-per-root, or leave it away for the exact optimum"};
}

// The passes from rates to trees, for one direction.
Result<PackedGraph> pack(const Topology& topology,
                         const DemandGraph& demand,
                         const CompileOptions& options,
                         Integer& trees_per_root,
                         StopWatch& watch,
                         PassSeconds& seconds) {
  const Rational time = tightest_cut(demand).time;
  const TreeGraph trees = options.trees_per_root
                              ? scale_to_tree_count(demand, time, *options.trees_per_root)
                              : scale_to_optimum(demand, time);
  watch.charge(seconds.bound);
  // From here on the rate is fixed; later passes keep it exactly.
  if (const auto switches = unbalanced_switches(trees.graph); !switches.empty()) {
    return unbalanced_by_rounding(topology, switches, options.trees_per_root.value_or(0));
  }
  trees_per_root = trees.trees_per_root;
  PackedGraph packed;
  packed.graph = remove_switches(trees.graph);
  watch.charge(seconds.split);
  ENSURE_SLOW(violations(packed.graph, topology.ranks).empty(), "a wrong switch-free graph");
  // From here on every node is a compute node.
  if (auto lowest = pack_shortest_paths(packed.graph)) {
    packed.forest = std::move(*lowest);
  } else {
    packed.forest = pack_trees(packed.graph);
  }
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

Result<Compiled> compile_schedule(const Topology& topology,
                                  const CompileOptions& options,
                                  const Clock& clock) {
  const Collective collective = options.collective;
  const bool is_allreduce = collective == Collective::AllReduce;
  const bool reduces =
      is_allreduce || collective == Collective::ReduceScatter || collective == Collective::Reduce;
  const bool broadcasts = is_allreduce || !reduces;

  StopWatch watch(clock);
  Compiled compiled;
  const DemandGraph down = demand_graph(
      topology, has_root(collective) ? Collective::Broadcast : Collective::AllGather, options.root);
  if (const auto switches = unbalanced_switches(down); !switches.empty()) {
    return unbalanced(topology, switches);
  }
  compiled.bound = compute_bound(topology, collective, options.root);
  watch.charge(compiled.seconds.bound);

  PackedGraph broadcast;
  PackedGraph reduce;
  if (broadcasts) {
    auto packed = pack(topology, down, options, compiled.trees_per_root, watch, compiled.seconds);
    if (!packed.ok()) return packed.mistakes();
    broadcast = std::move(packed).value();
  }
  if (is_allreduce && same_both_ways(topology)) {
    reduce = broadcast;
  } else if (reduces) {
    const DemandGraph up = demand_graph(
        topology, has_root(collective) ? Collective::Reduce : Collective::ReduceScatter,
        options.root);
    auto packed = pack(topology, up, options, compiled.trees_per_root, watch, compiled.seconds);
    if (!packed.ok()) return packed.mistakes();
    reduce = std::move(packed).value();
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
