#include "compiler/passes/pack_forest.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "compiler/passes/pack_batches.hpp"
#include "compiler/passes/pack_graph.hpp"
#include "compiler/passes/pack_shortest_paths.hpp"
#include "compiler/passes/pack_trees.hpp"
#include "compiler/passes/reparent_trees.hpp"

namespace pleach {
namespace {

// What lower trees may cost, in looks at one edge for one tree: about half a second.
constexpr std::int64_t kMostLooks = 50'000'000;

void lower(const PackGraph& graph, ReparentedTrees& trees, int target) {
  const std::size_t most_trees = graph.tail.size() + graph.num_ranks;
  trees.lower(target, most_trees - std::min(most_trees, trees.size()), kMostLooks);
}

// The shortest-path trees with other parents where they do not fit, if that can be done.
std::optional<ReparentedTrees> reparented(const PackGraph& graph, const LowTrees& low, int target) {
  const auto looks = static_cast<std::int64_t>(low.trees.size() * graph.tail.size());
  if (looks > kMostLooks) return std::nullopt;
  ReparentedTrees trees(graph, low.trees);
  if (!trees.fit(low.overfull)) return std::nullopt;
  lower(graph, trees, target);
  return trees;
}

PackedForest pack(const PackGraph& graph, const Progress& progress) {
  const auto low = pack_shortest_paths(graph, progress);
  if (low && low->overfull.empty()) {
    return {forest_of(graph, low->trees), PackingWay::ShortestPaths};
  }
  const int target = low ? ReparentedTrees(graph, low->trees).height() : 1;
  PackingWay way = PackingWay::TightSets;
  ReparentedTrees trees(graph, pack_batches(graph, progress));
  lower(graph, trees, target);
  if (low && trees.height() > target) {
    auto others = reparented(graph, *low, target);
    if (others && others->height() < trees.height()) {
      way = PackingWay::ReparentedPaths;
      std::swap(trees, *others);
    }
  }
  return {forest_of(graph, std::move(trees).take()), way};
}

}  // namespace

std::string_view name_of(PackingWay way) {
  switch (way) {
    case PackingWay::ShortestPaths: return "shortest paths";
    case PackingWay::TightSets: return "tight sets";
    case PackingWay::ReparentedPaths: return "re-parented shortest paths";
    case PackingWay::MaxFlows: return "max-flows";
  }
  return "";
}

PackedForest pack_forest(const SwitchFreeGraph& graph, const Progress& progress) {
  const auto narrow = pack_graph(graph);
  if (narrow) return pack(*narrow, progress);
  return {pack_trees(graph, progress), PackingWay::MaxFlows};
}

std::optional<PackedForest> pack_lowest(const SwitchFreeGraph& graph, const Progress& progress) {
  const auto narrow = pack_graph(graph);
  if (!narrow) return std::nullopt;
  const auto lowest = pack_fitting_paths(*narrow, progress);
  if (!lowest) return std::nullopt;
  return PackedForest{forest_of(*narrow, *lowest), PackingWay::ShortestPaths};
}

}  // namespace pleach
