#include "compiler/topology/fabrics.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/compiler/topology/print_topology.hpp"

namespace pleach {
namespace {

FabricGraph built(const FabricDeclaration& fabric) {
  const auto graph = build_fabric(fabric);
  REQUIRE(graph.ok());
  const ExpansionSize size = fabric_size(fabric);
  CHECK(size.nodes == static_cast<std::int64_t>(graph.value().nodes.size()));
  CHECK(size.links == 2 * static_cast<std::int64_t>(graph.value().edges.size()));
  // No edge twice, none from a node to itself.
  std::set<std::pair<std::size_t, std::size_t>> seen;
  for (const auto& edge : graph.value().edges) {
    CHECK(edge.a != edge.b);
    CHECK(seen.insert(std::minmax(edge.a, edge.b)).second);
  }
  return graph.value();
}

// "a-b c-d": the edges by ids, those between groups with a star.
std::string edges(const FabricGraph& graph) {
  std::string text;
  for (const auto& edge : graph.edges) {
    text += (text.empty() ? "" : " ") + graph.nodes[edge.a].id + "~" + graph.nodes[edge.b].id +
            (edge.is_global ? "*" : "");
  }
  return text;
}

FabricDeclaration grid(FabricType type,
                       std::vector<std::int64_t> dimensions,
                       std::vector<bool> wrap = {}) {
  FabricDeclaration fabric;
  fabric.type = type;
  fabric.dimensions = std::move(dimensions);
  fabric.wrap = std::move(wrap);
  return fabric;
}

TEST_CASE("rings, tori and meshes") {
  CHECK(edges(built(grid(FabricType::Torus, {4}, {true}))) == "0~1 1~2 2~3 3~0");
  CHECK(edges(built(grid(FabricType::Mesh, {4}, {false}))) == "0~1 1~2 2~3");
  // Two nodes in a row have one link.
  CHECK(edges(built(grid(FabricType::Torus, {2}, {true}))) == "0~1");
  CHECK(edges(built(grid(FabricType::Torus, {2, 3}, {true, true}))) ==
        "0-0~1-0 0-0~0-1 0-1~1-1 0-1~0-2 0-2~1-2 0-2~0-0 1-0~1-1 1-1~1-2 1-2~1-0");
  CHECK(edges(built(grid(FabricType::Torus, {3, 3}, {true, false}))).find("0-2~0-0") ==
        std::string::npos);
  CHECK(built(grid(FabricType::Torus, {4, 4, 4}, {true, true, true})).edges.size() == 3 * 64);
  CHECK(built(grid(FabricType::Torus, {3, 4, 5}, {true, false, true})).edges.size() ==
        60 + 60 * 3 / 4 + 60);
}

TEST_CASE("hypercube, full mesh and star") {
  CHECK(edges(built(grid(FabricType::Hypercube, {2}))) == "0~1 0~2 1~3 2~3");
  CHECK(built(grid(FabricType::Hypercube, {4})).edges.size() == 32);
  CHECK(edges(built(grid(FabricType::FullMesh, {4}))) == "0~1 0~2 0~3 1~2 1~3 2~3");
  CHECK(edges(built(grid(FabricType::FullMesh, {3}))) == "0~1 0~2 1~2");
  CHECK(edges(built(grid(FabricType::Star, {3}))) == "hub~0 hub~1 hub~2");
  const FabricGraph hub = built(grid(FabricType::Star, {}));
  CHECK(hub.nodes.size() == 1);
  CHECK(hub.nodes[0].properties.type == NodeType::Switch);
}

TEST_CASE(
    "dragonfly: groups are meshes, and each pair of groups has one bundle, dealt round robin") {
  FabricDeclaration fabric;
  fabric.type = FabricType::Dragonfly;
  fabric.groups = 4;
  fabric.switches_per_group = 2;
  CHECK(edges(built(fabric)) ==
        "sw0-1~sw0-0 sw1-1~sw1-0 sw2-1~sw2-0 sw3-1~sw3-0 "
        "sw1-0~sw0-0* sw2-0~sw0-1* sw2-1~sw1-1* sw3-0~sw0-0* sw3-1~sw1-0* sw3-0~sw2-0*");
  fabric.switches_per_group = 1;
  CHECK(built(fabric).edges.size() == 6);
}

TEST_CASE("fat trees use every port of every switch") {
  FabricDeclaration fabric;
  fabric.type = FabricType::FatTree;
  fabric.radix = 4;
  fabric.levels = 2;
  fabric.uplinks = 2;
  CHECK(edges(built(fabric)) ==
        "leaf0~spine0 leaf0~spine1 leaf1~spine0 leaf1~spine1 leaf2~spine0 leaf2~spine1 "
        "leaf3~spine0 leaf3~spine1");

  // 3:1 oversubscribed, 8 ports: 2 up. 8 pods of 4 leaves and 2 aggregation switches; 2 x 4 cores.
  fabric.radix = 8;
  fabric.levels = 3;
  fabric.uplinks = 2;
  const FabricGraph graph = built(fabric);
  CHECK(graph.nodes.size() == 8 * 6 + 8);
  std::vector<std::size_t> ports(graph.nodes.size(), 0);
  for (const auto& edge : graph.edges) {
    ++ports[edge.a];
    ++ports[edge.b];
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const bool is_leaf = graph.nodes[i].id.starts_with("leaf");
    CHECK(ports[i] == (is_leaf ? 2 : 8));  // a leaf's other six go down
  }
  CHECK(graph.nodes[0].id == "leaf0-0");
  CHECK(graph.nodes[4].id == "agg0-0");
  CHECK(graph.nodes.back().id == "core1-3");
}

TEST_CASE("the declared forms") {
  const std::string head =
      R"("link_classes": {"c": {"bandwidth": "1 GB/s"}}, "fabrics": [{"id": "f", )";
  CHECK(
      read_body(
          head +
          R"("type": "mesh", "dims": [2, 2], "wrap": [true, false], "node": {"type": "gpu"}, "class": "c"}])") ==
      "gpu f/0-0\ngpu f/0-1\ngpu f/1-0\ngpu f/1-1\n"
      "f/0-0 -> f/1-0 1 GB/s\nf/1-0 -> f/0-0 1 GB/s\nf/0-0 -> f/0-1 1 GB/s\nf/0-1 -> f/0-0 1 GB/s\n"
      "f/0-1 -> f/1-1 1 GB/s\nf/1-1 -> f/0-1 1 GB/s\nf/1-0 -> f/1-1 1 GB/s\nf/1-1 -> f/1-0 1 "
      "GB/s\n");
  CHECK(
      read_body(head + R"("type": "star", "dims": [2], "node": {"type": "gpu"}, "class": "c"}])") ==
      "switch f/hub\ngpu f/0\ngpu f/1\n"
      "f/hub -> f/0 1 GB/s\nf/0 -> f/hub 1 GB/s\nf/hub -> f/1 1 GB/s\nf/1 -> f/hub 1 GB/s\n");
  // A torus wraps unless told otherwise, a mesh does not.
  CHECK(must_read(R"({"format": "pleach-topology/1", "name": "t", )" + head +
                  R"("type": "torus", "dims": [3], "node": {"type": "gpu"}, "class": "c"}]})")
            .links.size() == 6);
  CHECK(must_read(R"({"format": "pleach-topology/1", "name": "t", )" + head +
                  R"("type": "mesh", "dims": [3], "node": {"type": "gpu"}, "class": "c"}]})")
            .links.size() == 4);
  // radix 6, 2:1: 2 up, so 6 leaves and 2 spines; 4 GPUs on each of two leaves.
  const Topology tree = must_read(
      R"({"format": "pleach-topology/1", "name": "t", "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-7"}}], )" +
      head +
      R"("type": "fat-tree", "radix": 6, "levels": 2, "oversubscription": 2, "uplink": {"class": "c"},
                     "attach": [{"between": ["g{i}", "leaf{i/4}"], "class": "c", "for": {"i": "0-7"}}]}]})");
  CHECK(tree.num_nodes() == 8 + 6 + 2);
  CHECK(tree.links.size() == 2 * (12 + 8));
}

}  // namespace
}  // namespace pleach
