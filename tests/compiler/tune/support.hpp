// Machines for the tests of this folder.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "compiler/tune/describe_cluster.hpp"
#include "tests/support/machines.hpp"

namespace pleach::tune::testing {

using pleach::testing::machine;
using pleach::testing::machine_from;

inline Machine described(const Topology& topology, int sm = 0) {
  auto machine = describe_machine(topology, sm);
  REQUIRE(machine.ok());
  return std::move(machine).value();
}

// GPUs each joined to each other, both ways.
inline Topology mesh(int gpus, int gigabytes_per_second) {
  std::string links;
  for (int a = 0; a < gpus; ++a) {
    for (int b = a + 1; b < gpus; ++b) {
      links += (links.empty() ? "" : ",") + std::string(R"({"between": ["g)") + std::to_string(a) +
               R"(", "g)" + std::to_string(b) + R"("], "bandwidth": ")" +
               std::to_string(gigabytes_per_second) + R"( GB/s"})";
    }
  }
  return machine_from(R"({"format": "pleach-topology/1", "name": "mesh",
    "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-)" +
                      std::to_string(gpus - 1) + R"("}}], "links": [)" + links + "]}");
}

// 8 boxes of 8 A100 under two leaves; so many GB/s from each leaf to the spine.
inline Topology two_leaves(int uplink) {
  return machine_from(R"({
    "format": "pleach-topology/1", "name": "two-leaves",
    "nodes": [{"id": "box{b}", "use": "builtin:dgx-a100", "for": {"b": "0-7"}},
              {"id": "leaf{l}", "type": "switch", "for": {"l": "0-1"}},
              {"id": "spine", "type": "switch"}],
    "links": [{"between": ["box{b}/nic{g}", "leaf{b/4}"], "bandwidth": "200 Gb/s",
               "for": {"b": "0-7", "g": "0-7"}},
              {"between": ["leaf{l}", "spine"], "bandwidth": ")" +
                      std::to_string(uplink) + R"( GB/s", "for": {"l": "0-1"}}]})");
}

}  // namespace pleach::tune::testing
