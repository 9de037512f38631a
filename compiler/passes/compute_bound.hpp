// Finds the best rate at which a collective can run on a machine, and the cut that limits it.
//
//   algbw = W * min over S of  capacity leaving S / weight(S),   S any node set that misses at
//                                                                least one compute node
//
// weight(S) counts the shards that start in S: one for each compute node (all-gather, W = N), or
// the whole buffer at the root (broadcast, W = 1). No schedule beats it, and where every switch is
// balanced out-trees reach it (ForestColl, arXiv 2402.06787; Edmonds 1973 for one root). Where one
// is not, balance_switches.hpp finds what can be reached.
//
// Method: discrete Newton (Dinkelbach 1967) with merged sinks. Start from the tightest cut around
// one compute node. A max-flow to each compute node in turn either proves the rate low enough for
// it or returns a cut that allows less; go on with that cut's rate. Once a sink has passed, only
// cuts with that sink on the source side can still be too tight, so it becomes a source itself and
// later flows stay local. Each value is a real cut's, so nothing is ever rounded.
//
// Needs:  a validated Topology; nodes need no balance. `root` < ranks (broadcast and reduce).
// Gives:  Bound with its witness cut; where switches are unbalanced also what can be reached, and
//         its proof; for allreduce also the proved upper bound and, where the two directions do not
//         meet it when they take turns, what they reach with the links divided between them.
// Cost:   one max-flow a sink and one more each time a cut is replaced, whatever the rates. At one
//         sink the cuts hold strictly less weight each time, so N cuts a sink end it in any case;
//         with the look around each cut (tighten_cut.hpp) none of 1,200,000 random machines with
//         rates up to 2^40 took more than 2N - 1 max-flows in all, and 2 or 3 ranks can not.
//         allreduce: both directions, and 2N or 3N for its upper bound. Unbalanced switches and
//         divided links: see there.
// Place:  first; every later pass takes the rate as given.
#pragma once

#include <optional>

#include "compiler/core/collective.hpp"
#include "compiler/ir/bound.hpp"
#include "compiler/passes/allreduce_limit.hpp"
#include "compiler/passes/optimum.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

[[nodiscard]] Bound compute_bound(const Topology& topology, Collective collective, int root = 0);

// The two directions of a collective: out from the roots (all but the reducing ones) and in to them
// (reduce_scatter, reduce, allreduce).
struct Optima {
  std::optional<Optimum> out;
  std::optional<Optimum> in;
  std::optional<AllReduceLimit> limit;  // allreduce only
  // Where an allreduce is faster with divided links (divide_links.hpp): the direction out from the
  // roots and, read backwards, the one in to them; of twice its rate.
  std::optional<Optimum> divided;
  // What the two directions reach when they take turns. Needs: both.
  [[nodiscard]] Rational algbw_in_turns() const;
};
[[nodiscard]] Optima find_optima(const Topology& topology,
                                 Collective collective,
                                 int root,
                                 const Progress& progress = {});

// The bound that follows from them.
[[nodiscard]] Bound bound_of(const Optima& optima, Collective collective, int root);

}  // namespace pleach
