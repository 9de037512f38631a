#include "compiler/explain/tree_counts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/tightest_cut.hpp"

namespace pleach {
namespace {

constexpr std::array<std::int64_t, 14> kCounts = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64};

struct Flow {
  DemandGraph graph;
  Rational time;
};

std::vector<Flow> flows_of(const Topology& topology, Collective collective, int root) {
  std::vector<Collective> parts = {collective};
  if (collective == Collective::AllReduce) {
    parts = {Collective::ReduceScatter, Collective::AllGather};
  }
  std::vector<Flow> flows;
  for (const Collective part : parts) {
    DemandGraph graph = demand_graph(topology, part, root);
    Rational time = tightest_cut(graph).time;
    flows.push_back({std::move(graph), std::move(time)});
  }
  return flows;
}

Rational best_rate(const std::vector<Flow>& flows, std::int64_t trees_per_root) {
  Rational seconds_per_gigabyte;
  for (const Flow& flow : flows) {
    const TreeGraph trees = scale_to_tree_count(flow.graph, flow.time, trees_per_root);
    // `unit` is what one tree carries, and the total weight counts the trees of all roots.
    seconds_per_gigabyte += Rational(1) / (trees.graph.unit * trees.graph.total_weight);
  }
  return Rational(1) / seconds_per_gigabyte;
}

}  // namespace

std::vector<TreeCount> tree_counts(const Topology& topology, const Bound& bound) {
  const std::vector<Flow> flows = flows_of(topology, bound.collective, bound.root);
  Integer needed = 0;
  for (const Flow& flow : flows) needed = std::max(needed, flow.time.den());
  std::vector<TreeCount> counts;
  for (const std::int64_t count : kCounts) {
    if (Integer(count) >= needed) break;
    Rational algbw = best_rate(flows, count);
    if (counts.empty() || algbw > counts.back().algbw) counts.push_back({count, algbw});
    // Whole trees on every link are more than is needed: those that are not full may round down.
    if (algbw == bound.algbw) return counts;
  }
  counts.push_back({needed, bound.algbw});
  return counts;
}

}  // namespace pleach
