#include "compiler/passes/compute_bound.hpp"

#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/passes/divide_links.hpp"

namespace pleach {
namespace {

Rational algbw_by_cuts(const Optimum& optimum) {
  return optimum.demand.unit * Rational(optimum.demand.total_weight) / optimum.tightest.time;
}

Bound bound_of_one(const Optimum& optimum, Collective collective, int root) {
  const DemandGraph& graph = optimum.demand;
  Bound bound;
  bound.collective = collective;
  bound.root = root;
  bound.algbw = algbw_by_cuts(optimum);
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
  if (!both) return optima;
  const DemandGraph& gather = optima.out->demand;
  const Rational turns = optima.algbw_in_turns();
  optima.limit = allreduce_limit(gather, algbw_by_cuts(*optima.out), turns);
  if (turns < optima.limit->algbw) {
    if (auto divided = divide_links(gather, optima.out->algbw(), progress)) {
      Optimum optimum = find_optimum(std::move(divided->graph), progress);
      ENSURE(optimum.algbw() == divided->proof.algbw, "divided links that miss their rate");
      tighten_limit(*optima.limit, gather, optimum, divided->proof);
      if (optimum.algbw() > optima.out->algbw()) optima.divided = std::move(optimum);
    }
  }
  return optima;
}

Rational Optima::algbw_in_turns() const {
  return Rational(1) / (Rational(1) / out->algbw() + Rational(1) / in->algbw());
}

Bound bound_of(const Optima& optima, Collective collective, int root) {
  if (collective != Collective::AllReduce) {
    return bound_of_one(optima.out ? *optima.out : *optima.in, collective, root);
  }
  Bound bound = bound_of_one(*optima.out, collective, root);
  bound.achievable.reset();
  bound.algbw = optima.algbw_in_turns();
  bound.max_flows += optima.in->tightest.max_flows + optima.limit->max_flows;
  bound.upper_bound = optima.limit->algbw;
  bound.upper_cut = optima.limit->cut;
  bound.upper_parts = optima.limit->parts;
  if (optima.divided) {
    bound.divided = true;
    bound.algbw = optima.divided->algbw() / 2;
    bound.trees_per_root = optima.divided->time.den();
  }
  ENSURE(bound.algbw <= bound.upper_bound, "an allreduce above its proved limit");
  return bound;
}

Bound compute_bound(const Topology& topology, Collective collective, int root) {
  return bound_of(find_optima(topology, collective, root), collective, root);
}

}  // namespace pleach
