// Packs the trees of a switch-free graph: the first way that gets through.
//
//   1. shortest paths      (pack_shortest_paths) the lowest trees, without a single flow
//   2. tight sets          (pack_batches) whatever 1. can not do; then re-parented, since its last
//                          trees are tall
//   3. re-parented paths   the trees of 1. with other parents where too many share an edge, if they
//                          come out lower than those of 2.
//   4. max-flows           (pack_trees) for numbers beyond 64 bits
//
// 1. is always possible on a healthy regular machine, 2. and 4. on any.
#pragma once

#include <optional>
#include <string_view>

#include "compiler/core/progress.hpp"
#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

enum class PackingWay { ShortestPaths, TightSets, ReparentedPaths, MaxFlows };

// A few words for people.
[[nodiscard]] std::string_view name_of(PackingWay way);

struct PackedForest {
  Forest forest;
  PackingWay way = PackingWay::ShortestPaths;
};

// Needs:  a SwitchFreeGraph in which every cut holds.
// Gives:  for each root r trees whose multiplicities sum to trees[r]; each spans all ranks, and no
//         edge is in more trees than it has capacity.
// Place:  after remove_switches.
[[nodiscard]] PackedForest pack_forest(const SwitchFreeGraph& graph, const Progress& progress = {});

// The first way alone: nothing when it does not get through. The cuts need not hold; a forest is
// the proof that they do.
[[nodiscard]] std::optional<PackedForest> pack_lowest(const SwitchFreeGraph& graph,
                                                      const Progress& progress = {});

}  // namespace pleach
