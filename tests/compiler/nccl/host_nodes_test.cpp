#include "compiler/nccl/host_nodes.hpp"

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"

namespace pleach::nccl {
namespace {

Topology machine_from(const std::string& body) {
  auto read = read_topology(R"({"format":"pleach-topology/1","name":"t",)" + body + "}", "t");
  REQUIRE(read.ok());
  return std::move(read).value();
}

std::string inside(const Topology& topology, std::size_t host) {
  const std::vector<bool> nodes = nodes_of_host(topology, find_hosts(topology, "f").value()[host]);
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i]) text += (text.empty() ? "" : " ") + topology.nodes[i].id;
  }
  return text;
}

TEST_CASE("a box holds its GPUs, NICs and NVSwitch, not the network") {
  CHECK(inside(load_topology("dgx-a100-x2").value(), 1) ==
        "box1/gpu0 box1/gpu1 box1/gpu2 box1/gpu3 box1/gpu4 box1/gpu5 box1/gpu6 box1/gpu7 "
        "box1/nvswitch box1/nic0 box1/nic1 box1/nic2 box1/nic3 box1/nic4 box1/nic5 box1/nic6 "
        "box1/nic7");
}

TEST_CASE("hosts by label take the NICs that their GPUs are joined to") {
  //  a: g0 - n0 \            g1 - n1: b
  //               leaf
  const Topology topology = machine_from(R"(
    "nodes":[{"id":"g0","type":"gpu","labels":{"host":"a"}},{"id":"g1","type":"gpu","labels":{"host":"b"}},
             {"id":"n{i}","type":"nic","for":{"i":"0-1"}},{"id":"leaf","type":"switch"},
             {"id":"far","type":"nic","labels":{"host":"a"}}],
    "links":[{"between":["g{i}","n{i}"],"bandwidth":"50 GB/s","for":{"i":"0-1"}},
             {"between":["leaf","n{i}"],"bandwidth":"50 GB/s","for":{"i":"0-1"}},
             {"between":["leaf","far"],"bandwidth":"50 GB/s"}])");
  CHECK(inside(topology, 0) == "g0 n0 far");
  CHECK(inside(topology, 1) == "g1 n1");
}

TEST_CASE("hosts by label take a switch that joins nothing but their GPUs") {
  const Topology topology = machine_from(R"(
    "nodes":[{"id":"g0","type":"gpu","labels":{"host":"a"}},{"id":"g1","type":"gpu","labels":{"host":"a"}},
             {"id":"g2","type":"gpu","labels":{"host":"b"}},{"id":"nv","type":"switch"},{"id":"ib","type":"switch"}],
    "links":[{"between":["g{i}","nv"],"bandwidth":"50 GB/s","for":{"i":"0-1"}},
             {"between":["g{i}","ib"],"bandwidth":"25 GB/s","for":{"i":"0-2"}}])");
  CHECK(inside(topology, 0) == "g0 g1 nv");
  CHECK(inside(topology, 1) == "g2");
}

TEST_CASE("the only host holds all but the switches of the network") {
  const Topology topology = machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-1"}},{"id":"pcie","type":"switch"},
             {"id":"nic","type":"nic"},{"id":"leaf","type":"switch"},{"id":"cpu","type":"cpu"}],
    "links":[{"between":["g{i}","pcie"],"bandwidth":"24 GB/s","for":{"i":"0-1"}},
             {"between":["pcie","nic"],"bandwidth":"24 GB/s"},{"between":["pcie","cpu"],"bandwidth":"24 GB/s"},
             {"between":["nic","leaf"],"bandwidth":"25 GB/s"}])");
  CHECK(inside(topology, 0) == "g0 g1 pcie nic cpu");
}

}  // namespace
}  // namespace pleach::nccl
