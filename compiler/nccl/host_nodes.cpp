#include "compiler/nccl/host_nodes.hpp"

#include <set>

#include "compiler/topology/boxes.hpp"

namespace pleach::nccl {

std::vector<bool> nodes_of_host(const Topology& topology, const Host& host) {
  const Boxes boxes = boxes_of(topology);
  std::vector<bool> inside(topology.num_nodes());
  std::set<int> own_boxes;
  for (const int rank : host.ranks) {
    const NodeId gpu = topology.ranks[static_cast<std::size_t>(rank)];
    inside[index(gpu)] = true;
    if (const auto box = boxes.box_of[index(gpu)]) own_boxes.insert(*box);
  }
  std::vector<bool> beside_gpu(topology.num_nodes());  // one of this host
  std::vector<bool> beside_others(topology.num_nodes());
  std::vector<bool> beside_computer(topology.num_nodes());
  for (const Link& link : topology.links) {
    for (const auto& [node, other] :
         {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      const NodeType type = topology.node(other).type;
      const bool own = type == NodeType::Gpu && inside[index(other)];
      (own ? beside_gpu : beside_others)[index(node)] = true;
      if (type == NodeType::Gpu || type == NodeType::Cpu) beside_computer[index(node)] = true;
    }
  }
  const bool only_host = host.ranks.size() == topology.num_ranks();
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    const Node& node = topology.nodes[i];
    if (node.type == NodeType::Gpu) continue;
    const std::string* const label = label_of(node, "host");
    const bool named = only_host || (label != nullptr && *label == host.name) ||
                       (boxes.box_of[i] && own_boxes.contains(*boxes.box_of[i]));
    if (node.type == NodeType::Switch) {
      inside[i] = (named && beside_computer[i]) || (beside_gpu[i] && !beside_others[i]);
    } else {
      inside[i] = named || beside_gpu[i];
    }
  }
  return inside;
}

}  // namespace pleach::nccl
