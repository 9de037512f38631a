// Rings across the boxes and inside them.
#include <algorithm>

#include "compiler/baselines/algorithms.hpp"
#include "compiler/baselines/ring_search.hpp"

namespace pleach::baselines {

Outline hierarchical_ring(const Direction& direction) {
  const auto& boxes = direction.boxes;
  const std::size_t count = boxes.size();
  const std::size_t size = boxes.front().size();
  if (count == 1) return refuse("the machine has one box");
  if (size == 1) return refuse("one rank a box: this is the ring");
  if (std::any_of(boxes.begin(), boxes.end(),
                  [&](const auto& box) { return box.size() != size; })) {
    return refuse("the boxes hold different numbers of GPUs");
  }
  // The orders in which the best ring passes the boxes, and the ranks of the first of them.
  const BoxOrder order = box_order(direction.boxes, direction.ring);

  OutlineWriter writer(direction);
  for (std::size_t b = 0; b < count; ++b) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto at = [&](std::size_t box, std::size_t place) {
        return boxes[order.boxes[box % count]][order.places[place % size]];
      };
      if (has_root(direction.collective) && at(b, i) != direction.root) continue;
      std::vector<Edge> edges;
      for (std::size_t k = 1; k < count; ++k) edges.push_back({at(b + k - 1, i), at(b + k, i), 0});
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t j = 1; j < size; ++j) {
          edges.push_back({at(b + k, i + j - 1), at(b + k, i + j), 1});
        }
      }
      writer.add_tree(at(b, i), edges);
    }
  }
  Outline outline = std::move(writer).take();
  outline.by_steps = true;
  return outline;
}

}  // namespace pleach::baselines
