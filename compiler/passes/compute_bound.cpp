#include "compiler/passes/compute_bound.hpp"

#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/passes/allreduce_limit.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/passes/tightest_cut.hpp"

namespace pleach {
namespace {

Bound bound_of(const DemandGraph& graph, Collective collective, int root) {
  const TightestCut tightest = tightest_cut(graph);
  Bound bound;
  bound.collective = collective;
  bound.root = root;
  bound.algbw = graph.unit * graph.total_weight / tightest.time;
  // Capacities have no common divisor, so time = p/q needs q trees per root to make p units of
  // time whole on every link.
  bound.trees_per_root = tightest.time.den();
  bound.tightest = cut_of(graph, tightest.set);
  bound.max_flows = tightest.max_flows;
  bound.upper_bound = bound.algbw;
  bound.upper_cut = bound.tightest;
  return bound;
}

}  // namespace

Bound compute_bound(const Topology& topology, Collective collective, int root) {
  if (collective != Collective::AllReduce) {
    return bound_of(demand_graph(topology, collective, root), collective, root);
  }
  const DemandGraph gather = demand_graph(topology, Collective::AllGather, 0);
  const DemandGraph scatter = demand_graph(topology, Collective::ReduceScatter, 0);
  Bound bound = bound_of(gather, collective, root);
  const Bound mirror = bound_of(scatter, collective, root);
  AllReduceLimit limit = allreduce_limit(gather, bound.algbw);
  bound.algbw = Rational(1) / (Rational(1) / bound.algbw + Rational(1) / mirror.algbw);
  bound.max_flows += mirror.max_flows + limit.max_flows;
  bound.upper_bound = limit.algbw;
  bound.upper_cut = std::move(limit.cut);
  bound.upper_parts = std::move(limit.parts);
  ENSURE(bound.algbw <= bound.upper_bound, "an allreduce above its proved limit");
  return bound;
}

}  // namespace pleach
