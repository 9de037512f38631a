// Rings, single and in channels.
#include "compiler/baselines/algorithms.hpp"

namespace pleach::baselines {
namespace {

void add_ring(OutlineWriter& writer, const Direction& direction, const std::vector<int>& order) {
  const std::size_t ranks = order.size();
  for (std::size_t start = 0; start < ranks; ++start) {
    if (has_root(direction.collective) && order[start] != direction.root) continue;
    std::vector<Edge> edges;
    for (std::size_t i = 0; i + 1 < ranks; ++i) {
      edges.push_back({order[(start + i) % ranks], order[(start + i + 1) % ranks]});
    }
    writer.add_tree(order[start], edges);
  }
}

}  // namespace

Outline ring(const Direction& direction) {
  OutlineWriter writer(direction);
  add_ring(writer, direction, direction.ring);
  return std::move(writer).take();
}

Outline multi_ring(const Direction& direction) {
  if (direction.channels.size() == 1) return refuse("one ring is as good as several");
  OutlineWriter writer(direction);
  for (const std::vector<int>& order : direction.channels) {
    writer.start_channel();
    add_ring(writer, direction, order);
  }
  Outline outline = std::move(writer).take();
  outline.note = std::to_string(direction.channels.size()) + " rings";
  return outline;
}

}  // namespace pleach::baselines
