// What a layout of bars knows before anything is placed. Internal to the layout of bars.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/view/clusters.hpp"
#include "compiler/view/link_pairs.hpp"
#include "compiler/view/roles.hpp"

namespace pleach::view {

// Refers to the topology and the pairs it was made of.
struct BarPlan {
  const Topology& topology;
  const std::vector<LinkPair>& pairs;
  Incidence incidence = {};
  Clusters clusters = {};
  std::vector<Role> roles = {};          // by node
  std::vector<std::string> labels = {};  // by node
  std::vector<int> order = {};           // clusters from left to right
  std::vector<bool> hangs = {};          // by cluster: above the fabric, upside down
  bool two_rows = false;                 // some cluster hangs
  double hanging_shift = 0;              // of the hanging row to the right
  StrokeWidths widths = {};
};

// One row, in the order that order_clusters finds.
[[nodiscard]] BarPlan make_bar_plan(const Topology& topology, const std::vector<LinkPair>& pairs);

// Where a node stands between the GPUs (0, 0) and the outermost switches.
[[nodiscard]] std::pair<int, int> height_of(const Role& role);

enum class WireKind {
  Vertical,  // from a GPU or bar to a bar
  Arc,       // between GPUs
  Bridge,    // between bars of different boxes
};
[[nodiscard]] WireKind kind_of(const BarPlan& plan, const LinkPair& pair);

// Of the two ends of a vertical wire, the one nearer to the GPUs comes first; `pair.a` between
// equals.
[[nodiscard]] std::pair<NodeId, NodeId> lower_and_upper(const BarPlan& plan, const LinkPair& pair);

// How wide the strokes of a pair are, with the gap to the next column.
[[nodiscard]] double slot_width(const BarPlan& plan, const LinkPair& pair);

}  // namespace pleach::view
