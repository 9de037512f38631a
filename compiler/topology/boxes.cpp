#include "compiler/topology/boxes.hpp"

#include <map>
#include <string_view>

namespace pleach {

Boxes boxes_of(const Topology& topology) {
  Boxes boxes;
  std::map<std::string_view, int> position;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    const std::string_view id = topology.nodes[i].id;
    const auto slash = id.rfind('/');
    if (slash == std::string_view::npos) {
      boxes.box_of.emplace_back();
      continue;
    }
    const auto [entry, is_new] =
        position.emplace(id.substr(0, slash), static_cast<int>(boxes.list.size()));
    if (is_new) boxes.list.push_back({.name = std::string(entry->first), .nodes = {}});
    boxes.list[entry->second].nodes.push_back(NodeId{static_cast<int>(i)});
    boxes.box_of.emplace_back(entry->second);
  }
  return boxes;
}

}  // namespace pleach
