// Where everything of a machine goes on a page.
//
// Two families of pictures, chosen by the machine's structure:
//   points  no switches: GPUs on a circle, or on a grid when their links are those of a mesh, torus
//           or hypercube
//   bars    GPUs in a row, grouped by box; every switch, NIC or CPU is a horizontal bar, each link
//   a
//           vertical stroke from a GPU or bar to a bar. Rails look like rails, no stroke hides
//           behind another, and any graph can be drawn. Direct links between GPUs are arcs. When
//           the row gets long, half of the boxes hang above the fabric and half stand below it.
#pragma once

#include <string>
#include <vector>

#include "compiler/topology/topology.hpp"
#include "compiler/view/geometry.hpp"
#include "compiler/view/link_pairs.hpp"

namespace pleach::view {

struct PlacedNode {
  Rectangle at;
  std::string label;  // the id's last part, shortened when long
  Point label_at;     // the label's centre
  bool bar = false;
  bool crossed = false;  // wires of other bars may run over it
};

struct PlacedBox {
  std::string name;  // empty where ids name no boxes and the links show them
  Rectangle at;
  Point name_at;              // left end of the baseline
  std::vector<NodeId> gpus;   // in file order
  std::vector<NodeId> nodes;  // GPUs and forwarders
};

// The way of the strokes of a LinkPair, from its node `a` to its node `b`.
struct Wire {
  LinkPair pair;
  Curve curve = {};
  double width_there = 0;
  double width_back = 0;
  bool dot_a = false;  // ends on a bar that other strokes may cross: mark the contact
  bool dot_b = false;
};

struct Layout {
  double width = 0;  // of the page, margins included; all that is placed lies inside
  double height = 0;
  double thickest = 0;            // the stroke of the largest capacity
  std::vector<PlacedNode> nodes;  // by NodeId
  std::vector<PlacedBox> boxes;
  bool names_are_crossed = false;  // wires run over the names of boxes
  std::vector<Wire> wires;         // in the order of the pairs
};

// How far the strokes of a wire whose directions differ are shifted to their right, and the room
// that all strokes of a wire take across.
[[nodiscard]] double shift_there(const Wire& wire);
[[nodiscard]] double shift_back(const Wire& wire);
inline constexpr double kGapBetweenDirections = 2;
inline constexpr double kCornerRadius = 6;  // of a GPU

// `pairs` must be link_pairs of this topology. The same for equal input; nodes do not overlap, nor
// do boxes, and a box holds its nodes.
// Cost: O(pairs * log + nodes * log) for bars, O(pairs * nodes) for points of up to 1,000 nodes.
[[nodiscard]] Layout layout_machine(const Topology& topology, const std::vector<LinkPair>& pairs);

}  // namespace pleach::view
