#include "compiler/passes/compute_bound.hpp"

#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/passes/allreduce_limit.hpp"

namespace pleach {
namespace {

Bound bound_of_one(const Optimum& optimum, Collective collective, int root) {
  const DemandGraph& graph = optimum.demand;
  Bound bound;
  bound.collective = collective;
  bound.root = root;
  bound.algbw = graph.unit * Rational(graph.total_weight) / optimum.tightest.time;
  // Capacities have no common divisor, so time = p/q needs q trees per root to make p units of
  // time whole on every link.
  bound.trees_per_root = optimum.time.den();
  bound.tightest = cut_of(graph, optimum.tightest.set);
  bound.max_flows = optimum.tightest.max_flows;
  bound.achievable = optimum.achievable;
  bound.upper_bound = bound.algbw;
  bound.upper_cut = bound.tightest;
  return bound;
}

}  // namespace

Optima find_optima(const Topology& topology,
                   Collective collective,
                   int root,
                   const Progress& progress) {
  const bool rooted = has_root(collective);
  const bool both = collective == Collective::AllReduce;
  const bool in = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  Optima optima;
  if (both || !in) {
    const Collective direction = rooted ? Collective::Broadcast : Collective::AllGather;
    optima.out = find_optimum(demand_graph(topology, direction, root), progress);
  }
  if (both || in) {
    const Collective direction = rooted ? Collective::Reduce : Collective::ReduceScatter;
    optima.in = find_optimum(demand_graph(topology, direction, root), progress);
  }
  return optima;
}

Bound bound_of(const Optima& optima, Collective collective, int root) {
  if (collective != Collective::AllReduce) {
    return bound_of_one(optima.out ? *optima.out : *optima.in, collective, root);
  }
  Bound bound = bound_of_one(*optima.out, collective, root);
  const Rational reached =
      Rational(1) / (Rational(1) / optima.out->algbw() + Rational(1) / optima.in->algbw());
  AllReduceLimit limit = allreduce_limit(optima.out->demand, bound.algbw, reached);
  bound.achievable.reset();
  bound.algbw = reached;
  bound.max_flows += optima.in->tightest.max_flows + limit.max_flows;
  bound.upper_bound = limit.algbw;
  bound.upper_cut = std::move(limit.cut);
  bound.upper_parts = std::move(limit.parts);
  ENSURE(bound.algbw <= bound.upper_bound, "an allreduce above its proved limit");
  return bound;
}

Bound compute_bound(const Topology& topology, Collective collective, int root) {
  return bound_of(find_optima(topology, collective, root), collective, root);
}

}  // namespace pleach
