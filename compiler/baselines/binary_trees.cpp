// Double binary trees, over ranks and over boxes.
#include <algorithm>
#include <bit>

#include "compiler/baselines/algorithms.hpp"
#include "compiler/baselines/ring_search.hpp"

namespace pleach::baselines {
namespace {

// Parents and children among the places 0 … size-1, parent before child. In order, and only odd
// places have children: the root of places `first` … is the largest power of two above `first`,
// less one.
void add_in_order(int first, int size, int parent, std::vector<Edge>& edges) {
  if (size == 0) return;
  const int half = static_cast<int>(std::bit_floor(static_cast<unsigned>(size)));
  const int root = first + half - 1;
  if (parent >= 0) edges.push_back({parent, root});
  add_in_order(first, half - 1, root, edges);
  add_in_order(root + 1, size - half, root, edges);
}

struct PlaceTree {
  int root = 0;  // a place
  std::vector<Edge> edges;
};

// The tree over `size` places; shifted by one place, the even ones have the children.
PlaceTree place_tree(int size, bool shifted) {
  PlaceTree tree{.root = static_cast<int>(std::bit_floor(static_cast<unsigned>(size))) - 1,
                 .edges = {}};
  add_in_order(0, size, -1, tree.edges);
  if (!shifted) return tree;
  const auto shift = [size](int place) { return (place + size - 1) % size; };
  tree.root = shift(tree.root);
  for (Edge& edge : tree.edges) edge = {shift(edge.parent), shift(edge.child)};
  return tree;
}

}  // namespace

Outline double_binary_tree(const Direction& direction) {
  std::vector<int> order = direction.order;
  if (has_root(direction.collective)) {
    std::erase(order, direction.root);
  } else if (direction.collective != Collective::AllReduce) {
    return refuse("for allreduce, broadcast and reduce only");
  }
  OutlineWriter writer(direction);
  for (const bool shifted : {false, true}) {
    const PlaceTree tree = place_tree(static_cast<int>(order.size()), shifted);
    std::vector<Edge> edges;
    int root = order[static_cast<std::size_t>(tree.root)];
    if (has_root(direction.collective)) {
      edges.push_back({direction.root, root});
      root = direction.root;
    }
    for (const Edge& edge : tree.edges) {
      edges.push_back({order[static_cast<std::size_t>(edge.parent)],
                       order[static_cast<std::size_t>(edge.child)]});
    }
    writer.start_channel();
    writer.add_tree(root, edges);
  }
  return std::move(writer).take();
}

Outline nccl_tree(const Direction& direction) {
  const auto& boxes = direction.boxes;
  const std::size_t size = boxes.front().size();
  if (direction.collective != Collective::AllReduce) return refuse("for allreduce only");
  if (boxes.size() == 1) return refuse("the machine has one box");
  if (std::any_of(boxes.begin(), boxes.end(),
                  [&](const auto& box) { return box.size() != size; })) {
    return refuse("the boxes hold different numbers of GPUs");
  }
  const BoxOrder order = box_order(boxes, direction.order);
  const auto rank = [&](int box, std::size_t place) {
    return boxes[order.boxes[static_cast<std::size_t>(box)]][order.places[place % size]];
  };
  OutlineWriter writer(direction);
  for (std::size_t lead = 0; lead < size; ++lead) {
    for (const bool shifted : {false, true}) {
      const PlaceTree tree = place_tree(static_cast<int>(boxes.size()), shifted);
      std::vector<Edge> edges;
      for (const Edge& edge : tree.edges) {
        edges.push_back({rank(edge.parent, lead), rank(edge.child, lead)});
      }
      for (int box = 0; box < static_cast<int>(boxes.size()); ++box) {
        for (std::size_t i = 1; i < size; ++i) {
          edges.push_back({rank(box, lead + i - 1), rank(box, lead + i)});
        }
      }
      writer.start_channel();
      writer.add_tree(rank(tree.root, lead), edges);
    }
  }
  return std::move(writer).take();
}

}  // namespace pleach::baselines
