// Regular machines for tests: boxes of GPUs on leaves and spines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/topology/topology.hpp"

namespace pleach::testing {

struct Fabric {
  int boxes = 4;
  int gpus = 4;            // in a box
  Rational inside = 0;     // GB/s from a GPU to its box's switch; 0: no such switch
  Rational outside = 1;    // from a GPU to its leaf
  bool has_nics = false;   // between GPU and leaf
  bool has_rails = false;  // leaf r takes GPU r of every box; else each box has a leaf
  int spines = 2;
  Rational uplink = 1;  // from each leaf to each spine
};

// The GPUs first, box by box, all links both ways.
[[nodiscard]] inline Topology fabric_topology(const Fabric& shape) {
  Topology topology;
  topology.name = "fabric";
  const auto add = [&](const std::string& id, NodeType type) {
    topology.nodes.push_back({id, type});
    return static_cast<NodeId>(topology.nodes.size() - 1);
  };
  const auto join = [&](NodeId a, NodeId b, const Rational& rate) {
    topology.links.push_back({a, b, {rate}, {}});
    topology.links.push_back({b, a, {rate}, {}});
  };
  for (int i = 0; i < shape.boxes * shape.gpus; ++i) {
    topology.ranks.push_back(add("g" + std::to_string(i), NodeType::Gpu));
  }
  std::vector<NodeId> leaves;
  for (int i = 0; i < (shape.has_rails ? shape.gpus : shape.boxes); ++i) {
    leaves.push_back(add("leaf" + std::to_string(i), NodeType::Switch));
  }
  for (int i = 0; i < shape.spines; ++i) {
    const NodeId spine = add("spine" + std::to_string(i), NodeType::Switch);
    for (const NodeId leaf : leaves) join(leaf, spine, shape.uplink);
  }
  for (int box = 0; box < shape.boxes; ++box) {
    std::optional<NodeId> own;
    if (shape.inside.sign() > 0) own = add("box" + std::to_string(box), NodeType::Switch);
    for (int i = 0; i < shape.gpus; ++i) {
      const auto gpu = static_cast<NodeId>(box * shape.gpus + i);
      if (own) join(gpu, *own, shape.inside);
      NodeId last = gpu;
      if (shape.has_nics) {
        last = add("nic" + std::to_string(box * shape.gpus + i), NodeType::Nic);
        join(gpu, last, shape.outside);
      }
      join(last, leaves[shape.has_rails ? i : box], shape.outside);
    }
  }
  return topology;
}

}  // namespace pleach::testing
