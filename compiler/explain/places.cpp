#include "compiler/explain/places.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "compiler/explain/id_ranges.hpp"

namespace pleach {
namespace {

using NodeSet = std::vector<bool>;  // by node

bool is_gpu(const Topology& topology, std::size_t node) {
  return topology.nodes[node].type == NodeType::Gpu;
}

std::vector<NodeId> gpus_in(const Topology& topology, const std::vector<NodeId>& nodes) {
  std::vector<NodeId> gpus;
  std::ranges::copy_if(nodes, std::back_inserter(gpus),
                       [&](NodeId node) { return is_gpu(topology, index(node)); });
  return gpus;
}

std::vector<NodeId> nodes_in(const NodeSet& set) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  return nodes;
}

std::vector<Place> boxes_at_all_levels(const Topology& topology) {
  std::vector<Place> boxes;
  std::map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    const std::string_view id = topology.nodes[i].id;
    int level = 0;
    for (auto slash = id.find('/'); slash != std::string_view::npos;
         slash = id.find('/', slash + 1)) {
      const std::string_view name = id.substr(0, slash);
      const auto [entry, is_new] = position.emplace(name, boxes.size());
      if (is_new) boxes.push_back({PlaceKind::Box, level, std::string(name), {}, {}, {}});
      boxes[entry->second].nodes.push_back(static_cast<NodeId>(i));
      ++level;
    }
  }
  for (Place& box : boxes) box.gpus = gpus_in(topology, box.nodes);
  return boxes;
}

std::vector<std::vector<std::size_t>> neighbours_of(const Topology& topology) {
  std::vector<std::vector<std::size_t>> neighbours(topology.num_nodes());
  for (const Link& link : topology.links) {
    neighbours[index(link.from)].push_back(index(link.to));
    neighbours[index(link.to)].push_back(index(link.from));
  }
  return neighbours;
}

std::vector<Place> switch_groups(const Topology& topology) {
  const auto neighbours = neighbours_of(topology);
  const std::size_t num_nodes = topology.num_nodes();
  std::vector<int> level(num_nodes, -1);
  std::vector<NodeSet> below(num_nodes);
  std::vector<std::size_t> order;  // breadth first from all GPUs at once
  for (std::size_t i = 0; i < num_nodes; ++i) {
    if (!is_gpu(topology, i)) continue;
    level[i] = 0;
    below[i].assign(num_nodes, false);
    below[i][i] = true;
    order.push_back(i);
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    for (const std::size_t other : neighbours[order[next]]) {
      if (level[other] >= 0) continue;
      level[other] = level[order[next]] + 1;
      order.push_back(other);
    }
  }
  std::map<std::pair<int, std::vector<NodeId>>, std::vector<NodeId>> switches_of;
  for (const std::size_t node : order) {
    if (level[node] == 0) continue;
    below[node].assign(num_nodes, false);
    for (const std::size_t other : neighbours[node]) {
      if (level[other] != level[node] - 1) continue;
      for (std::size_t i = 0; i < num_nodes; ++i) {
        if (below[other][i]) below[node][i] = true;
      }
    }
    switches_of[{level[node], nodes_in(below[node])}].push_back(static_cast<NodeId>(node));
  }
  std::vector<Place> groups;
  for (auto& [key, switches] : switches_of) {
    std::ranges::sort(switches);
    groups.push_back({PlaceKind::SwitchGroup, key.first, id_ranges(topology, switches), key.second,
                      key.second, switches});
  }
  return groups;
}

std::vector<Place> clusters(const Topology& topology) {
  std::map<Rational, std::vector<const Link*>, std::greater<>> by_bandwidth;
  for (const Link& link : topology.links) {
    by_bandwidth[link.bandwidth.gigabytes_per_second].push_back(&link);
  }
  std::vector<std::size_t> parent(topology.num_nodes());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root_of = [&](std::size_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  std::vector<Place> result;
  std::set<std::vector<NodeId>> seen;
  for (const auto& [bandwidth, links] : by_bandwidth) {
    bool merged = false;
    for (const Link* link : links) {
      const std::size_t a = root_of(index(link->from));
      const std::size_t b = root_of(index(link->to));
      if (a == b) continue;
      parent[std::max(a, b)] = std::min(a, b);
      merged = true;
    }
    if (!merged) continue;
    std::map<std::size_t, std::vector<NodeId>> members;
    for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
      if (is_gpu(topology, i)) members[root_of(i)].push_back(static_cast<NodeId>(i));
    }
    for (auto& [root, gpus] : members) {
      if (!seen.insert(gpus).second) continue;
      std::string name = id_ranges(topology, gpus);
      result.push_back({PlaceKind::Cluster, 0, std::move(name), gpus, gpus, {}});
    }
  }
  return result;
}

}  // namespace

std::vector<Place> places_of(const Topology& topology) {
  std::vector<Place> places;
  std::set<std::vector<NodeId>> seen;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (!is_gpu(topology, i)) continue;
    const std::vector<NodeId> self = {static_cast<NodeId>(i)};
    places.push_back({PlaceKind::Gpu, 0, topology.nodes[i].id, self, self, {}});
  }
  for (auto* find : {&boxes_at_all_levels, &switch_groups, &clusters}) {
    for (Place& place : find(topology)) {
      const bool is_part = place.gpus.size() > 1 && place.gpus.size() < topology.num_ranks();
      if (is_part && seen.insert(place.gpus).second) places.push_back(std::move(place));
    }
  }
  return places;
}

}  // namespace pleach
