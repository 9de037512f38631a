// Hand-made schedules, so that plans and executors can be tested without the compiler.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/rational.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/plan/placement.hpp"

namespace pleach::testing {

// A spanning tree of ranks; the same for data that flows from the root or to it.
struct SampleTree {
  int root = 0;
  Rational share;
  std::vector<int> parent;  // for each rank; -1 at the root
};

//   chain   root - root+1 - root+2 - …        star   root with all others as children
//   binary  heap order, counted from the root (all modulo the number of ranks)
[[nodiscard]] SampleTree chain(int ranks, int root, Rational share);
[[nodiscard]] SampleTree star(int ranks, int root, Rational share);
[[nodiscard]] SampleTree binary(int ranks, int root, Rational share);
// Any shape, from a path to a star.
[[nodiscard]] SampleTree random_tree(int ranks, int root, Rational share, std::mt19937_64& random);

// The lists that `collective` needs are taken, the other left out. Broadcast trees are
// written breadth first with siblings in rank order from the parent on, reduce trees the other way
// round. All ranks hang on one switch, and rank r is not node r.
[[nodiscard]] Schedule make_schedule(Collective collective,
                                     int ranks,
                                     const std::vector<SampleTree>& reduce_trees,
                                     const std::vector<SampleTree>& broadcast_trees);

// One tree a root, all of one kind: chain, star or binary. Broadcast and reduce have `root`.
using TreeMaker = SampleTree (*)(int ranks, int root, Rational share);
[[nodiscard]] Schedule uniform_schedule(Collective collective,
                                        int ranks,
                                        TreeMaker make_tree,
                                        int root = 0);

// Up to three random trees a root and list, with random shares. An allreduce has different trees
// with different shares up and down; some of its roots may have none.
[[nodiscard]] Schedule random_schedule(Collective collective, int ranks, std::mt19937_64& random);

// Any number of hosts, each with any number of processes.
[[nodiscard]] Placement random_placement(int ranks, std::mt19937_64& random);

}  // namespace pleach::testing
