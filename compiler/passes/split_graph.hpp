// From a network with switches to edges between compute nodes: the first way that gets through.
#pragma once

#include <string_view>

#include "compiler/core/progress.hpp"
#include "compiler/ir/switch_free_graph.hpp"
#include "compiler/passes/demand_graph.hpp"

namespace pleach {

enum class SplitWay {
  NearestGateways,  // nearest_gateways: written down, no max-flow
  EdgeSplitting,    // remove_switches: switch by switch
};

// A few words for people.
[[nodiscard]] std::string_view name_of(SplitWay way);

struct SplitGraph {
  SwitchFreeGraph graph;
  SplitWay way = SplitWay::EdgeSplitting;
};

// Edges by nearest_gateways keep the links, but whether they keep every cut is not looked at: pack
// lowest trees in them, which is the proof, or ask cuts_hold, and go on to remove_switches, which
// keeps every cut, when neither says yes.
// Needs:  what remove_switches needs.
// Place:  after scale_capacities; from here on every node is a compute node.
[[nodiscard]] SplitGraph split_graph(const DemandGraph& graph, const Progress& progress = {});

// Whether the edges leaving each set of ranks carry at least the trees rooted in it.
// Cost: one short max-flow a rank (FeasibilityChecker).
[[nodiscard]] bool cuts_hold(const SwitchFreeGraph& graph);

}  // namespace pleach
