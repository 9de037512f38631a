#include "compiler/passes/pack_forest.hpp"

#include "compiler/passes/pack_graph.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/passes/pack_trees.hpp"

namespace pleach {

std::string_view name_of(PackingWay way) {
  switch (way) {
    case PackingWay::ShortestPaths: return "shortest paths";
    case PackingWay::Growth: return "tree growth";
  }
  return "";
}

PackedForest pack_forest(const SwitchFreeGraph& graph) {
  if (const auto narrow = pack_graph(graph)) {
    const auto lowest = pack_shortest_paths(*narrow);
    if (lowest && lowest->overfull.empty()) {
      return {forest_of(*narrow, lowest->trees), PackingWay::ShortestPaths};
    }
  }
  return {pack_trees(graph), PackingWay::Growth};
}

}  // namespace pleach
