// Which nodes a picture marks to show what bounds the rate.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/view/layout.hpp"

namespace pleach::view {

struct CutMark {
  std::vector<NodeId> nodes;  // in file order: the side of the cut with fewer GPUs
  std::vector<Rectangle>
      frames;        // to draw: around the nodes of a box together where that holds no others
  std::string text;  // "dashed: …, 325 GB/s into box1/gpu7"
};

// The tight cut that the schedule's bound names. No nodes and no text where it names none, or where
// several node sets bound the rate together (ScheduleBound::parts).
[[nodiscard]] CutMark mark_cut(const Schedule& schedule, const Layout& layout);

}  // namespace pleach::view
