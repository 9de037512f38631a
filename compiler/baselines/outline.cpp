#include "compiler/baselines/outline.hpp"

#include <algorithm>
#include <utility>

namespace pleach::baselines {

Outline refuse(std::string why) {
  Outline outline;
  outline.refusal = std::move(why);
  return outline;
}

OutlineWriter::OutlineWriter(const Direction& direction)
    : router_(direction.router),
      ranks_(direction.topology.num_ranks()),
      connection_of_(ranks_ * ranks_, -1) {
  router_.forget_use();
}

void OutlineWriter::start_channel() { std::fill(connection_of_.begin(), connection_of_.end(), -1); }

int& OutlineWriter::number_of(const Edge& edge) {
  return connection_of_[static_cast<std::size_t>(edge.parent) * ranks_ +
                        static_cast<std::size_t>(edge.child)];
}

int OutlineWriter::connect(const Edge& edge, std::int64_t weight) {
  const int number = number_of(edge);
  if (number >= 0) return number;
  connect_along(edge, router_.route(edge.parent, edge.child, weight));
  return number_of(edge);
}

void OutlineWriter::connect_along(const Edge& edge, std::vector<LinkId> links) {
  number_of(edge) = static_cast<int>(outline_.connections.size());
  outline_.connections.push_back(
      {.from = edge.parent, .to = edge.child, .step = edge.step, .links = std::move(links)});
}

void OutlineWriter::add_tree(int root, const std::vector<Edge>& edges) {
  OutlineTree tree{.root = root, .connections = {}};
  tree.connections.reserve(edges.size());
  for (const Edge& edge : edges) tree.connections.push_back(connect(edge));
  outline_.trees.push_back(std::move(tree));
}

}  // namespace pleach::baselines
