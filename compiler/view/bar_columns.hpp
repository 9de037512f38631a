// The horizontal half of a layout of bars: where each node begins and ends, and at which x each
// wire runs. Internal to layout_bars.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/view/clusters.hpp"
#include "compiler/view/link_pairs.hpp"
#include "compiler/view/roles.hpp"

namespace pleach::view {

// All that is known of a machine before anything is placed.
struct BarPlan {
  const Topology& topology;
  const std::vector<LinkPair>& pairs;
  Incidence incidence = {};
  Clusters clusters = {};
  std::vector<Role> roles = {};          // by node
  std::vector<std::string> labels = {};  // by node
  std::vector<int> order = {};           // clusters from left to right
  std::vector<bool> hangs = {};          // by cluster: above the fabric, upside down
  std::vector<double> padding = {};      // by cluster: more room at both sides of its frame
  bool two_rows = false;                 // some cluster hangs
  double hanging_shift = 0;              // of the hanging row to the right
  StrokeWidths widths = {};
};

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

struct Span {
  double left = 0;
  double right = 0;
  [[nodiscard]] double middle() const { return (left + right) / 2; }
  bool operator==(const Span&) const = default;
};

struct BarColumns {
  std::vector<Span> nodes;      // by node
  std::vector<double> label_x;  // by node
  std::vector<Span> frames;     // by cluster
  std::vector<Span> wires;      // by pair: x at `a` (left) and at `b` (right), equal for a vertical
};

// Every wire to the fabric gets a column of its own. The bar of a switch spans its columns; bars
// that overlap are for the caller to put on different heights. Frames hold the bars of their boxes:
// `plan.padding` is set as large as that needs.
// Cost: O(wires * log wires), more only where many wires want the same column.
[[nodiscard]] BarColumns place_columns(BarPlan& plan);

}  // namespace pleach::view
