#include "compiler/topology/connectivity.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pleach {
namespace {

using Neighbours = std::vector<std::vector<std::size_t>>;

struct Neighbourhood {
  Neighbours out;
  Neighbours in;
};

Neighbourhood neighbourhood(const Topology& topology) {
  Neighbourhood result{.out = Neighbours(topology.num_nodes()),
                       .in = Neighbours(topology.num_nodes())};
  for (const Link& link : topology.links) {
    result.out[index(link.from)].push_back(index(link.to));
    result.in[index(link.to)].push_back(index(link.from));
  }
  return result;
}

// For each node the number of its strongly connected component. Tarjan's algorithm with an explicit
// stack: a ring of a million nodes is a path of that depth.
std::vector<std::size_t> components(const Neighbours& out) {
  constexpr std::size_t kNone = SIZE_MAX;
  struct Visit {
    std::size_t node;
    std::size_t next;  // position in out[node]
  };
  std::vector<std::size_t> component(out.size(), kNone);
  std::vector<std::size_t> order(out.size(), kNone);
  std::vector<std::size_t> low(out.size());
  std::vector<std::size_t> open;  // visited, component not known yet
  std::vector<Visit> path;
  std::size_t visited = 0;
  std::size_t closed = 0;
  const auto enter = [&](std::size_t node) {
    order[node] = low[node] = visited++;
    open.push_back(node);
    path.push_back({node, 0});
  };
  for (std::size_t start = 0; start < out.size(); ++start) {
    if (order[start] == kNone) enter(start);
    while (!path.empty()) {
      const std::size_t node = path.back().node;
      if (path.back().next < out[node].size()) {
        const std::size_t next = out[node][path.back().next++];
        if (order[next] == kNone) {
          enter(next);
        } else if (component[next] == kNone) {
          low[node] = std::min(low[node], order[next]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().node] = std::min(low[path.back().node], low[node]);
      if (low[node] != order[node]) continue;
      std::size_t member = kNone;
      do {
        member = open.back();
        open.pop_back();
        component[member] = closed;
      } while (member != node);
      ++closed;
    }
  }
  return component;
}

std::vector<bool> reached_from(const Neighbours& neighbours, std::size_t start) {
  std::vector<bool> reached(neighbours.size(), false);
  std::vector<std::size_t> queue = {start};
  reached[start] = true;
  while (!queue.empty()) {
    const std::size_t node = queue.back();
    queue.pop_back();
    for (const std::size_t next : neighbours[node]) {
      if (!reached[next]) queue.push_back(next);
      reached[next] = true;
    }
  }
  return reached;
}

}  // namespace

Connectivity find_connectivity(const Topology& topology) {
  std::vector<NodeId> gpus;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (topology.nodes[i].type == NodeType::Gpu) gpus.push_back(static_cast<NodeId>(i));
  }
  if (gpus.empty()) return {};
  const Neighbourhood near = neighbourhood(topology);
  const std::vector<std::size_t> component = components(near.out);
  std::vector<std::size_t> size(topology.num_nodes(), 0);
  for (const NodeId gpu : gpus) ++size[component[index(gpu)]];
  const NodeId first =
      *std::ranges::max_element(gpus, {}, [&](NodeId gpu) { return size[component[index(gpu)]]; });

  const std::vector<bool> receives = reached_from(near.out, index(first));
  const std::vector<bool> sends = reached_from(near.in, index(first));
  Connectivity result;
  for (const NodeId gpu : gpus) {
    if (component[index(gpu)] == component[index(first)]) result.group.push_back(gpu);
    if (!receives[index(gpu)]) result.unreachable.push_back(gpu);
    if (!sends[index(gpu)]) result.silent.push_back(gpu);
  }
  return result;
}

}  // namespace pleach
