#include "compiler/nccl/host_nodes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compiler/topology/boxes.hpp"

namespace pleach::nccl {
namespace {

// What a forwarder's links say of where it stands.
struct Neighbours {
  std::set<int> hosts;         // of the GPUs it is joined to
  bool has_others = false;     // nodes that are no GPUs of these hosts
  bool has_computers = false;  // GPUs or CPUs
};

std::vector<Neighbours> find_neighbours(const Topology& topology,
                                        const std::vector<int>& host_of_gpu) {
  std::vector<Neighbours> result(topology.num_nodes());
  for (const Link& link : topology.links) {
    for (const auto& [node, other] :
         {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      Neighbours& neighbours = result[index(node)];
      const NodeType type = topology.node(other).type;
      const int host = host_of_gpu[index(other)];
      if (host >= 0) {
        neighbours.hosts.insert(host);
      } else {
        neighbours.has_others = true;
      }
      if (type == NodeType::Gpu || type == NodeType::Cpu) neighbours.has_computers = true;
    }
  }
  return result;
}

}  // namespace

std::vector<std::vector<NodeId>> nodes_of_hosts(const Topology& topology,
                                                const std::vector<Host>& hosts) {
  const Boxes boxes = boxes_of(topology);
  std::vector<int> host_of_gpu(topology.num_nodes(), -1);
  std::vector<std::set<int>> hosts_of_box(boxes.list.size());
  std::map<std::string, int> host_named;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    host_named.emplace(hosts[h].name, static_cast<int>(h));
    for (const int rank : hosts[h].ranks) {
      const NodeId gpu = topology.ranks[static_cast<std::size_t>(rank)];
      host_of_gpu[index(gpu)] = static_cast<int>(h);
      const auto box = boxes.box_of[index(gpu)];
      if (box) hosts_of_box[static_cast<std::size_t>(*box)].insert(static_cast<int>(h));
    }
  }
  const bool is_alone = hosts.size() == 1 && hosts[0].ranks.size() == topology.num_ranks();
  const std::vector<Neighbours> neighbours = find_neighbours(topology, host_of_gpu);

  std::vector<std::vector<NodeId>> result(hosts.size());
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    const Node& node = topology.nodes[i];
    std::set<int> inside;
    if (node.type == NodeType::Gpu) {
      if (host_of_gpu[i] >= 0) inside.insert(host_of_gpu[i]);
    } else {
      const bool is_switch = node.type == NodeType::Switch;
      if (!is_switch || neighbours[i].has_computers) {
        if (const auto box = boxes.box_of[i]) {
          inside = hosts_of_box[static_cast<std::size_t>(*box)];
        }
        if (is_alone) inside.insert(0);
        const std::string* const label = label_of(node, "host");
        const auto named = label != nullptr ? host_named.find(*label) : host_named.end();
        if (named != host_named.end()) inside.insert(named->second);
      }
      const bool is_own = neighbours[i].hosts.size() == 1 && !neighbours[i].has_others;
      if (!is_switch || is_own) {
        inside.insert(neighbours[i].hosts.begin(), neighbours[i].hosts.end());
      }
    }
    for (const int host : inside) {
      result[static_cast<std::size_t>(host)].push_back(static_cast<NodeId>(i));
    }
  }
  return result;
}

std::vector<bool> nodes_of_host(const Topology& topology, const Host& host) {
  std::vector<bool> inside(topology.num_nodes());
  const auto nodes = nodes_of_hosts(topology, {host});
  for (const NodeId node : nodes.front()) inside[index(node)] = true;
  return inside;
}

}  // namespace pleach::nccl
