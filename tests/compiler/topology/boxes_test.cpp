#include "compiler/topology/boxes.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("boxes are named by the text before the last slash of an id") {
  Topology topology;
  for (const char* id : {"pod0/box0/gpu0", "spine", "pod0/box1/gpu0", "pod0/box0/gpu1"}) {
    topology.nodes.push_back({.id = id, .type = NodeType::Gpu});
  }
  const Boxes boxes = boxes_of(topology);
  REQUIRE(boxes.list.size() == 2);
  CHECK(boxes.list[0] == Box{"pod0/box0", {NodeId{0}, NodeId{3}}});
  CHECK(boxes.list[1] == Box{"pod0/box1", {NodeId{2}}});
  CHECK(boxes.box_of == std::vector<std::optional<int>>{0, std::nullopt, 1, 0});
}

TEST_CASE("a machine of plain ids has no boxes") {
  Topology topology;
  topology.nodes.push_back({.id = "gpu0", .type = NodeType::Gpu});
  CHECK(boxes_of(topology).list.empty());
  CHECK(boxes_of(topology).box_of == std::vector<std::optional<int>>{std::nullopt});
}

}  // namespace
}  // namespace pleach
