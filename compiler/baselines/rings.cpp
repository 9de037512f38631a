// Rings, single and in channels.
#include <algorithm>

#include "compiler/baselines/algorithms.hpp"
#include "compiler/baselines/ring_search.hpp"

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
  add_ring(writer, direction, direction.rings.front());
  return std::move(writer).take();
}

Outline multi_ring(const Direction& direction) {
  const std::size_t channels =
      best_channel_count(direction.topology, direction.router, direction.rings);
  if (channels == 1) return refuse("one ring is as good as several");
  OutlineWriter writer(direction);
  for (std::size_t c = 0; c < channels; ++c) {
    writer.start_channel();
    add_ring(writer, direction, direction.rings[c]);
  }
  Outline outline = std::move(writer).take();
  outline.note = std::to_string(channels) + " rings";
  return outline;
}

}  // namespace pleach::baselines
