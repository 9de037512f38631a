#include "compiler/nccl/hosts.hpp"

#include <doctest/doctest.h>

#include "compiler/topology/connectivity.hpp"
#include "tests/support/machines.hpp"

namespace pleach::nccl {
namespace {

using testing::machine;

std::vector<std::string> ids(const Topology& topology) {
  std::vector<std::string> result;
  for (const Node& node : topology.nodes) result.push_back(node.id);
  return result;
}

TEST_CASE("hosts: boxes by the ids of their GPUs, in the order of ranks") {
  const auto hosts = hosts_of(machine("dgx-a100-x2"));
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0] == Host{"box0", {0, 1, 2, 3, 4, 5, 6, 7}});
  CHECK(hosts[1] == Host{"box1", {8, 9, 10, 11, 12, 13, 14, 15}});
}

TEST_CASE("hosts: without boxes the machine is one") {
  const auto hosts = hosts_of(machine("dgx-h100-x1"));
  REQUIRE(hosts.size() == 1);
  CHECK(hosts[0].name.empty());
  CHECK(hosts[0].ranks.size() == 8);
}

TEST_CASE("hosts: labels go before ids, where every GPU has one") {
  Topology topology = machine("dgx-a100-x2");
  for (std::size_t r = 0; r < 16; ++r) {
    topology.nodes[index(topology.ranks[r])].labels["host"] = r % 2 == 0 ? "even" : "odd";
  }
  const auto hosts = hosts_of(topology);
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0] == Host{"even", {0, 2, 4, 6, 8, 10, 12, 14}});
  CHECK(hosts[1].name == "odd");
  CHECK(find_hosts(topology, "f").value() == hosts);
  topology.nodes[index(topology.ranks[3])].labels.clear();
  CHECK(hosts_of(topology)[0].name == "box0");
  const auto half = find_hosts(topology, "f");
  REQUIRE(!half.ok());
  CHECK(half.mistakes().front().file == "f");
  CHECK(half.mistakes().front().message ==
        "\"box0/gpu3\" has no label \"host\", while \"box0/gpu0\" has one");
}

TEST_CASE("hosts: a machine of some of its hosts keeps their boxes and the fabric") {
  const Topology topology = machine("dgx-h100-x4");
  const auto hosts = hosts_of(topology);
  const Topology part = only_hosts(topology, {hosts[1], hosts[3]});
  CHECK(part.num_ranks() == 16);
  CHECK(part.node(part.ranks[0]).id == "box1/gpu0");
  CHECK(part.node(part.ranks[15]).id == "box3/gpu7");
  CHECK(find_connectivity(part).connected());
  for (const std::string& id : ids(part)) {
    CAPTURE(id);
    CHECK(!id.starts_with("box0/"));
    CHECK(!id.starts_with("box2/"));
  }
  CHECK(part.num_nodes() == topology.num_nodes() - 2 * (8 + 8 + 1));
  // Every link of the part is one of the machine, with its rate.
  std::size_t links = 0;
  for (const Link& link : topology.links) {
    const auto gone = [&](NodeId node) {
      const std::string& id = topology.node(node).id;
      return id.starts_with("box0/") || id.starts_with("box2/");
    };
    if (!gone(link.from) && !gone(link.to)) ++links;
  }
  CHECK(part.links.size() == links);
  CHECK(only_hosts(topology, hosts) == topology);
}

}  // namespace
}  // namespace pleach::nccl
