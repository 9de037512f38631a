// The best rate any schedule can reach on a machine, with its proof.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/ids.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/ir/achievable.hpp"

namespace pleach {

// A node set S that misses at least one compute node, and what may leave it.
//
// reduce_scatter and reduce are allgather and broadcast on the machine with every link reversed;
// their cuts are cuts of that reversed machine, so `exit_capacity` is what *enters* S.
struct Cut {
  std::vector<NodeId> nodes;  // in file order
  int compute_nodes = 0;      // how many of them hold data
  Rational exit_capacity;     // GB/s
  bool operator==(const Cut&) const = default;
};

struct Bound {
  Collective collective = Collective::AllGather;
  int root = 0;  // a rank; meaningful for broadcast and reduce

  // GB/s. allgather, reduce_scatter: N * exit_capacity / compute_nodes of `tightest`.
  // broadcast, reduce: exit_capacity of `tightest`. allreduce: the rate of a reduce-scatter and an
  // all-gather that take turns, 1 / (1/reduce_scatter + 1/allgather) of what these two
  // achieve; or more, where they divide the links. A schedule of another kind may reach still more;
  // `upper_bound` at most.
  Rational algbw;
  // allreduce: whether the two use different parts of the links (passes/divide_links.hpp).
  bool divided = false;
  // The paper's k: how many equal trees per root the best rate is made of. The fewest that make it
  // whole, where switches are balanced.
  Integer trees_per_root;
  Cut tightest;  // attains `algbw` (allreduce: that of its all-gather alone)
  std::int64_t max_flows = 0;

  // Where switches are not balanced: what can really be reached, at most `algbw`, and the proof.
  // Never for allreduce, whose `algbw` is a construction's.
  std::optional<Achievable> achievable;

  // No schedule beats this. Equal to `algbw` for all collectives but allreduce. There it is the
  // lesser of two limits, and its witness is the one that gave it:
  //   upper_cut    the capacity leaving a node set that splits the compute nodes: the result of the
  //                other side must cross it whole
  //   upper_parts  p disjoint node sets that hold all compute nodes between them: both the way up
  //                and the way down must join them, so 2 (p-1) whole buffers enter (or leave) them
  Rational upper_bound;
  Cut upper_cut;
  std::vector<std::vector<NodeId>> upper_parts;  // empty when upper_cut is the witness

  // The best rate known to be reached.
  [[nodiscard]] const Rational& best() const { return achievable ? achievable->algbw : algbw; }
  // Whether it is proved that nothing is faster.
  [[nodiscard]] bool optimal() const { return achievable || algbw == upper_bound; }
  bool operator==(const Bound&) const = default;
};

}  // namespace pleach
