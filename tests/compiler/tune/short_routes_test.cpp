#include "compiler/tune/short_routes.hpp"

#include <deque>
#include <map>
#include <random>
#include <set>

#include "tests/compiler/tune/support.hpp"

namespace pleach::tune {
namespace {

// The fewest links between two GPUs by a plain search; -1: none.
int distance(const Topology& topology, NodeId from, NodeId to, bool through_gpus) {
  std::vector<int> met(topology.num_nodes(), -1);
  met[index(from)] = 0;
  std::deque<NodeId> waiting{from};
  while (!waiting.empty()) {
    const NodeId node = waiting.front();
    waiting.pop_front();
    if (!through_gpus && node != from && topology.node(node).type == NodeType::Gpu) continue;
    for (const Link& link : topology.links) {
      if (link.from != node || met[index(link.to)] >= 0) continue;
      met[index(link.to)] = met[index(node)] + 1;
      waiting.push_back(link.to);
    }
  }
  return met[index(to)];
}

// Any directed graph, connected or not.
Topology random_graph(std::mt19937_64& random) {
  Topology topology;
  const std::size_t nodes = 3 + random() % 14;
  for (std::size_t i = 0; i < nodes; ++i) {
    const bool is_gpu = i < 2 || random() % 3 == 0;
    topology.nodes.push_back({"n" + std::to_string(i), is_gpu ? NodeType::Gpu : NodeType::Switch});
    if (is_gpu) topology.ranks.push_back(static_cast<NodeId>(i));
  }
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = random() % (3 * nodes); i > 0; --i) {
    const std::size_t from = random() % nodes;
    const std::size_t to = random() % nodes;
    if (from == to || !pairs.emplace(from, to).second) continue;
    topology.links.push_back({static_cast<NodeId>(from),
                              static_cast<NodeId>(to),
                              {Rational(1 + static_cast<std::int64_t>(random() % 4))},
                              {}});
  }
  return topology;
}

TEST_CASE("ways are as short as a plain search says, whole, and past third GPUs only in need") {
  int ways = 0;
  int in_need = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const Topology topology = random_graph(random);
    ShortRoutes routes(topology);
    std::vector<std::int64_t> loads(topology.links.size());
    for (std::int64_t& load : loads) load = static_cast<std::int64_t>(random() % 3);
    CAPTURE(seed);
    for (const NodeId from : topology.ranks) {
      for (const NodeId to : topology.ranks) {
        if (from == to) continue;
        const auto way = routes.find(from, to, loads);
        const int direct = distance(topology, from, to, false);
        const int any = distance(topology, from, to, true);
        const int expected = direct >= 0 ? direct : any;
        REQUIRE(static_cast<int>(way.size()) == std::max(expected, 0));
        if (way.empty()) continue;
        ++ways;
        in_need += direct < 0 ? 1 : 0;
        NodeId node = from;
        for (const LinkId link : way) {
          REQUIRE(topology.links[index(link)].from == node);
          node = topology.links[index(link)].to;
          const bool third = node != to && topology.node(node).type == NodeType::Gpu;
          CHECK((!third || direct < 0));
        }
        CHECK(node == to);
      }
    }
  }
  CHECK(ways > 5000);
  CHECK(in_need > 500);
}

TEST_CASE("equal ways share the load by what their links carry") {
  // Two spines, one with twice the bandwidth.
  const Topology fabric = testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "spines",
    "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-1"}}, {"id": "l{i}", "type": "switch", "for": {"i": "0-1"}},
              {"id": "thin", "type": "switch"}, {"id": "wide", "type": "switch"}],
    "links": [{"between": ["g{i}", "l{i}"], "bandwidth": "100 GB/s", "for": {"i": "0-1"}},
              {"between": ["l{i}", "thin"], "bandwidth": "10 GB/s", "for": {"i": "0-1"}},
              {"between": ["l{i}", "wide"], "bandwidth": "20 GB/s", "for": {"i": "0-1"}}]})");
  ShortRoutes routes(fabric);
  std::vector<std::int64_t> loads(fabric.links.size());
  std::map<std::string, int> through;
  for (int i = 0; i < 30; ++i) {
    for (const LinkId link : routes.find(fabric.ranks[0], fabric.ranks[1], loads)) {
      ++loads[index(link)];
      ++through[fabric.node(fabric.links[index(link)].to).id];
    }
  }
  CHECK(through["thin"] == 10);
  CHECK(through["wide"] == 20);
}

}  // namespace
}  // namespace pleach::tune
