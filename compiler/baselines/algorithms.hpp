// The baselines: how collectives run today, each as the trees that its data flow along.
//
// A schedule counts loads, so its rate is that of a steady state in which all trees run at once. An
// original that waits between its steps is slower, never faster. Every function gives the way out
// (outline.hpp), or the reason why it does not apply.
#pragma once

#include "compiler/baselines/outline.hpp"

namespace pleach::baselines {

// One ring through all ranks: each root's data go once around it. Broadcast: a chain along it.
[[nodiscard]] Outline ring(const Direction& direction);

// The channels of NCCL and RCCL: several rings, equal shares.
[[nodiscard]] Outline multi_ring(const Direction& direction);

// A ring across the boxes on each rail (the i-th rank of every box), then one inside each box.
[[nodiscard]] Outline hierarchical_ring(const Direction& direction);

// Two binary trees over the ranks in ring order, half the buffer each; no rank has children in both
// (Sanders, Speck, Träff 2009). Broadcast: the root feeds two trees over the others.
[[nodiscard]] Outline double_binary_tree(const Direction& direction);

// NCCL's trees: double binary trees over the boxes, chains inside, one pair for each rank of a box.
[[nodiscard]] Outline nccl_tree(const Direction& direction);

// In step s all ranks that hold a root's data send them to the rank 2^s away; ranks beyond the last
// power of two hand theirs over first and receive last. Broadcast: the binomial tree.
[[nodiscard]] Outline recursive_doubling(const Direction& direction);

// Every root sends to every other rank.
[[nodiscard]] Outline direct(const Direction& direction);

// Time-stepped matching: whenever a way between two ranks is idle, it carries the rarest piece that
// one has and the other lacks (TACOS, arXiv 2304.05301; MultiTree, ISCA 2021, grows its trees
// alike).
[[nodiscard]] Outline greedy(const Direction& direction);

}  // namespace pleach::baselines
