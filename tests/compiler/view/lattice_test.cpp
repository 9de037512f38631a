#include "compiler/view/lattice.hpp"

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

std::vector<int> sizes_of(const std::string& name) {
  const Topology topology = machine(name);
  const auto lattice = find_lattice(topology, link_pairs(topology, {}));
  return lattice ? lattice->sizes : std::vector<int>();
}

std::string reference(const char* name) {
  return PLEACH_TEST_DATA "/reference/" + std::string(name) + ".json";
}

TEST_CASE("tori by their ids, the last number fastest") {
  CHECK(sizes_of("torus-3x5") == std::vector{5, 3});
  CHECK(sizes_of("torus-4x2x5") == std::vector{5, 2, 4});
  const Topology topology = machine("torus-3x5");
  const auto lattice = find_lattice(topology, link_pairs(topology, {}));
  CHECK(lattice->coordinates[7] == std::vector{2, 1});  // "torus/1-2"
}

TEST_CASE("meshes, tori, rings and hypercubes by the order of their nodes") {
  CHECK(sizes_of(reference("torus_8x8")) == std::vector{8, 8});
  CHECK(sizes_of(reference("torus_4x4x4")) == std::vector{4, 4, 4});
  CHECK(sizes_of(reference("torus_4x4_broken")) == std::vector{4, 4});
  CHECK(sizes_of("ring-8") == std::vector{8});
  CHECK(sizes_of("hypercube-3") == std::vector{2, 2, 2});
  CHECK(sizes_of("hypercube-5") == std::vector{2, 2, 2, 2, 2});
  CHECK(sizes_of(reference("hypercube_4_broken")) == std::vector{2, 2, 2, 2});
}

TEST_CASE("a torus that lost a node keeps its places") {
  Topology topology = machine("torus-4x4");
  std::erase_if(topology.links,
                [](const Link& link) { return link.from == NodeId{15} || link.to == NodeId{15}; });
  topology.nodes.pop_back();
  topology.ranks.pop_back();
  const auto lattice = find_lattice(topology, link_pairs(topology, {}));
  REQUIRE(lattice.has_value());
  CHECK(lattice->sizes == std::vector{4, 4});
}

TEST_CASE("other machines are no lattices") {
  for (const char* name : {"mesh-full-8", "dgx-1v", "mi250-x1", "nvl72", "fat-tree-16-over2"}) {
    CAPTURE(name);
    CHECK(sizes_of(name).empty());
  }
  // Two nodes of one place.
  const Topology twice = machine_of({"a/0-0", "b/0-0", "a/0-1", "a/1-1"}, 4,
                                    {{0, 2, 1}, {1, 2, 1}, {2, 3, 1}, {0, 3, 1}, {0, 1, 1}});
  CHECK_FALSE(find_lattice(twice, link_pairs(twice, {})).has_value());
  // Numbers far apart: hardly a place is taken.
  const Topology sparse = machine_of({"9-9", "0-0", "5-5"}, 3, {});
  const auto lattice = find_lattice(sparse, {});
  CHECK((!lattice || lattice->sizes.size() == 1));
}

}  // namespace
}  // namespace pleach::view
