// Small machines for the tests of view/.
#pragma once

#include <string>
#include <vector>

#include "compiler/topology/load_topology.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach::view {

[[nodiscard]] inline Topology machine(const std::string& name) {
  auto topology = load_topology(name);
  REQUIRE(topology.ok());
  return std::move(topology).value();
}

struct TestLink {
  int from = 0;
  int to = 0;
  Rational rate;
  bool both = true;
};

// Nodes by id; the first `gpus` of them are ranks 0, 1, …
[[nodiscard]] inline Topology machine_of(const std::vector<std::string>& ids,
                                         std::size_t gpus,
                                         const std::vector<TestLink>& links) {
  Topology topology;
  topology.name = "test";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    topology.nodes.push_back({.id = ids[i], .type = i < gpus ? NodeType::Gpu : NodeType::Switch});
    if (i < gpus) topology.ranks.push_back(NodeId{static_cast<std::int32_t>(i)});
  }
  for (const TestLink& link : links) {
    topology.links.push_back({.from = NodeId{link.from},
                              .to = NodeId{link.to},
                              .bandwidth = {link.rate},
                              .latency = {}});
    if (!link.both) continue;
    topology.links.push_back({.from = NodeId{link.to},
                              .to = NodeId{link.from},
                              .bandwidth = {link.rate},
                              .latency = {}});
  }
  return topology;
}

// The names of all catalogue machines, families with some of their members.
[[nodiscard]] inline std::vector<std::string> catalogue_machines() {
  return {"dgx-a100-x1",   "dgx-a100-x2",
          "dgx-a100-x4",   "dgx-a100-x16",
          "dgx-h100-x1",   "dgx-h100-x2",
          "dgx-h100-x4",   "dgx-h100-x16",
          "mi250-x1",      "mi250-x2",
          "dgx-1v",        "nvl72",
          "a100-h100-mix", "fat-tree-16-over2",
          "torus-2x2",     "torus-4x4",
          "torus-3x5",     "torus-3x3x3",
          "torus-4x2x5",   "hypercube-1",
          "hypercube-3",   "hypercube-4",
          "hypercube-5",   "hypercube-6",
          "mesh-full-2",   "mesh-full-3",
          "mesh-full-8",   "mesh-full-32",
          "ring-2",        "ring-3",
          "ring-8",        "ring-32"};
}

}  // namespace pleach::view
