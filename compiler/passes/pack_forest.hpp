// Packs the trees of a switch-free graph: the first way that gets through.
#pragma once

#include <string_view>

#include "compiler/ir/forest.hpp"
#include "compiler/ir/switch_free_graph.hpp"

namespace pleach {

enum class PackingWay {
  ShortestPaths,  // pack_shortest_paths: one small problem a rank, lowest trees
  TightSets,      // pack_batches: whole trees at a time, cuts checked now and then
  MaxFlows,       // pack_trees: a max-flow for each edge; for numbers beyond 64 bits
};

// A few words for people.
[[nodiscard]] std::string_view name_of(PackingWay way);

struct PackedForest {
  Forest forest;
  PackingWay way = PackingWay::ShortestPaths;
};

// Needs:  a SwitchFreeGraph in which every cut holds.
// Gives:  for each root r trees whose multiplicities sum to trees[r]; every tree spans all ranks
// and
//         no edge is in more trees than it has capacity.
// Place:  after remove_switches.
[[nodiscard]] PackedForest pack_forest(const SwitchFreeGraph& graph);

}  // namespace pleach
