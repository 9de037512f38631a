#include "compiler/view/roles.hpp"

#include <map>

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

std::map<std::string, Role> roles_in(const Topology& topology) {
  const auto pairs = link_pairs(topology, {});
  const Incidence incidence = incidence_of(topology, pairs);
  const auto roles = roles_of(topology, pairs, incidence, clusters_of(topology, pairs, incidence));
  std::map<std::string, Role> by_id;
  for (std::size_t i = 0; i < roles.size(); ++i) by_id[topology.nodes[i].id] = roles[i];
  return by_id;
}

Role role(Zone zone, int level) { return {.zone = zone, .level = level}; }

TEST_CASE("NVSwitches on the far side, NICs on the near side, leaves below spines") {
  auto roles = roles_in(machine("dgx-h100-x2"));
  CHECK(roles["box0/gpu3"] == role(Zone::Gpu, 0));
  CHECK(roles["box1/nvswitch"] == role(Zone::BoxFar, 1));
  CHECK(roles["box1/nic7"] == role(Zone::BoxNear, 1));
  CHECK(roles["ib/leaf0"] == role(Zone::Fabric, 1));
  CHECK(roles["ib/spine3"] == role(Zone::Fabric, 2));
}

TEST_CASE("switches that NICs do not lead to go below the boxes") {
  auto roles = roles_in(machine(PLEACH_TEST_DATA "/topologies/degraded_unit.json"));
  CHECK(roles["rack0/nvs0"] == role(Zone::FabricBelow, 1));
  CHECK(roles["ib/leaf0-0"] == role(Zone::Fabric, 1));
  // This NIC has lost its leaf: nothing leads to it but its GPU.
  CHECK(roles["rack0/t0/nic1"] == role(Zone::BoxFar, 1));
}

TEST_CASE("a NIC behind a PCIe switch is one level farther out") {
  const Topology topology = machine_of({"a/g0", "a/g1", "b/g0", "a/pcie", "a/nic", "tor"}, 3,
                                       {{0, 3, 1}, {1, 3, 1}, {3, 4, 1}, {4, 5, 1}, {2, 5, 1}});
  auto roles = roles_in(topology);
  CHECK(roles["a/pcie"] == role(Zone::BoxNear, 1));
  CHECK(roles["a/nic"] == role(Zone::BoxNear, 2));
  CHECK(roles["tor"] == role(Zone::Fabric, 1));
}

TEST_CASE("direct links take the far side: the switches of such a box go to the near one") {
  const Topology topology = machine_of({"a/g0", "a/g1", "b/g0", "a/sw", "tor", "dangling"}, 3,
                                       {{0, 1, 1}, {0, 3, 1}, {1, 3, 1}, {0, 4, 1}, {2, 4, 1}});
  auto roles = roles_in(topology);
  CHECK(roles["a/sw"] == role(Zone::BoxNear, 1));
  CHECK(roles["dangling"] == role(Zone::Fabric, 1));
}

}  // namespace
}  // namespace pleach::view
