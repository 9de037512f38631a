#include "compiler/passes/pack_forest.hpp"

#include "compiler/passes/pack_batches.hpp"
#include "compiler/passes/pack_graph.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/passes/pack_trees.hpp"

namespace pleach {

std::string_view name_of(PackingWay way) {
  switch (way) {
    case PackingWay::ShortestPaths: return "shortest paths";
    case PackingWay::TightSets: return "tight sets";
    case PackingWay::MaxFlows: return "max-flows";
  }
  return "";
}

PackedForest pack_forest(const SwitchFreeGraph& graph) {
  if (const auto narrow = pack_graph(graph)) {
    const auto lowest = pack_shortest_paths(*narrow);
    if (lowest && lowest->overfull.empty()) {
      return {forest_of(*narrow, lowest->trees), PackingWay::ShortestPaths};
    }
    return {forest_of(*narrow, pack_batches(*narrow)), PackingWay::TightSets};
  }
  return {pack_trees(graph), PackingWay::MaxFlows};
}

}  // namespace pleach
