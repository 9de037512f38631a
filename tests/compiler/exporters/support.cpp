#include "tests/compiler/exporters/support.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <doctest/doctest.h>

#include "compiler/topology/connectivity.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::testing {

Topology machine(const std::string& name) {
  auto loaded = load_topology(name);
  REQUIRE_MESSAGE(loaded.ok(), name);
  return std::move(loaded).value();
}

Topology machine_from(const std::string& text) {
  auto read = read_topology(R"({"format":"pleach-topology/1","name":"test",)" + text + "}", "test");
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : to_string(read.mistakes().front())));
  return std::move(read).value();
}

Topology full_mesh(int gpus, const std::string& rate) {
  std::string nodes;
  std::string links;
  for (int i = 0; i < gpus; ++i) {
    nodes += (i > 0 ? "," : "") + (R"({"id":"g)" + std::to_string(i)) + R"(","type":"gpu"})";
    for (int j = 0; j < i; ++j) {
      links += (links.empty() ? "" : ",") + (R"({"between":["g)" + std::to_string(j)) + R"(","g)" +
               std::to_string(i) + R"("],"bandwidth":")" + rate + R"("})";
    }
  }
  return machine_from(R"("nodes":[)" + nodes + R"(],"links":[)" + links + "]");
}

Topology without_others(const Topology& topology, const std::vector<int>& ranks) {
  Topology result;
  result.name = topology.name;
  std::map<NodeId, NodeId> now;
  for (const int rank : ranks) {
    const NodeId node = topology.ranks[static_cast<std::size_t>(rank)];
    now[node] = NodeId{static_cast<int>(result.nodes.size())};
    result.ranks.push_back(now[node]);
    result.nodes.push_back(topology.node(node));
  }
  for (Link link : topology.links) {
    if (!now.contains(link.from) || !now.contains(link.to)) continue;
    link.from = now[link.from];
    link.to = now[link.to];
    result.links.push_back(link);
  }
  return result;
}

Topology random_digraph(std::mt19937_64& random, int gpus, int percent) {
  Topology topology;
  topology.name = "random";
  for (int i = 0; i < gpus; ++i) {
    topology.nodes.push_back({.id = "g" + std::to_string(i)});
    topology.ranks.push_back(NodeId{i});
  }
  do {
    topology.links.clear();
    for (int i = 0; i < gpus; ++i) {
      for (int j = 0; j < gpus; ++j) {
        if (i == j || static_cast<int>(random() % 100) >= percent) continue;
        const Rational rate = static_cast<std::int64_t>(1 + random() % 8);
        topology.links.push_back({NodeId{i}, NodeId{j}, Bandwidth{rate}, Latency{}});
      }
    }
  } while (!find_connectivity(topology).connected());
  return topology;
}

std::vector<std::vector<bool>> links_between(const Topology& topology) {
  std::vector<std::vector<bool>> follows(topology.num_ranks(),
                                         std::vector<bool>(topology.num_ranks()));
  for (const Link& link : topology.links) follows[index(link.from)][index(link.to)] = true;
  return follows;
}

bool has_ring(const std::vector<std::vector<bool>>& follows) {
  std::vector<std::size_t> order(follows.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    bool whole = true;
    for (std::size_t i = 0; i < order.size(); ++i) {
      whole = whole && follows[order[i]][order[(i + 1) % order.size()]];
    }
    if (whole) return true;
  } while (std::next_permutation(order.begin() + 1, order.end()));
  return false;
}

}  // namespace pleach::testing
