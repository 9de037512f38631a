#include "compiler/view/clusters.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

Clusters clusters_in(const Topology& topology) {
  const auto pairs = link_pairs(topology, {});
  return clusters_of(topology, pairs, incidence_of(topology, pairs));
}

TEST_CASE("boxes come from ids; switches of the fabric are in none") {
  const Topology topology = machine("dgx-h100-x2");
  const Clusters clusters = clusters_in(topology);
  REQUIRE(clusters.list.size() == 2);
  for (int box = 0; box < 2; ++box) {
    CHECK(clusters.list[box].framed);
    CHECK(clusters.list[box].name == "box" + std::to_string(box));
    CHECK(clusters.list[box].gpus.size() == 8);
    CHECK(clusters.list[box].forwarders.size() == 9);  // 8 NICs and an NVSwitch
  }
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    CAPTURE(topology.nodes[i].id);
    CHECK(clusters.cluster_of[i].has_value() == topology.nodes[i].id.starts_with("box"));
  }
}

TEST_CASE("where ids name no boxes, links show them") {
  for (const auto& [named, plain] :
       {std::pair("dgx-a100-x2", "a100_2box"), std::pair("dgx-h100-x4", "h100_4box"),
        std::pair("mi250-x2", "mi250_2box")}) {
    CAPTURE(plain);
    const Clusters wanted = clusters_in(machine(named));
    const Clusters found =
        clusters_in(machine(PLEACH_TEST_DATA "/reference/" + std::string(plain) + ".json"));
    REQUIRE(found.list.size() == wanted.list.size());
    for (std::size_t i = 0; i < found.list.size(); ++i) {
      CHECK(found.list[i].framed);
      CHECK(found.list[i].name.empty());
      CHECK(found.list[i].gpus.size() == wanted.list[i].gpus.size());
      CHECK(found.list[i].forwarders.size() == wanted.list[i].forwarders.size());
    }
  }
}

TEST_CASE("a single box is no box, and a leaf switch makes none") {
  for (const char* name : {"dgx-a100-x1", "nvl72", "dgx-1v", "ring-8", "fat-tree-16-over2",
                           PLEACH_TEST_DATA "/reference/fattree16_over1.json",
                           PLEACH_TEST_DATA "/reference/nvl16.json"}) {
    CAPTURE(name);
    const Topology topology = machine(name);
    const Clusters clusters = clusters_in(topology);
    CHECK(clusters.list.size() == topology.num_ranks());
    CHECK(std::ranges::none_of(clusters.list, &Cluster::framed));
  }
}

TEST_CASE("the two halves of a limited switch stay in one box") {
  const Topology topology =
      machine_of({"b0/g", "b1/g", "b0/sw", "b0/sw/out", "b1/out"}, 2,
                 {{0, 2, 1, false}, {2, 3, 1, false}, {3, 0, 1, false}, {0, 1, 1}});
  const Clusters clusters = clusters_in(topology);
  CHECK(clusters.cluster_of[3] == 0);
  CHECK(clusters.cluster_of[4] == 1);  // an ordinary node whose name is "out"
}

}  // namespace
}  // namespace pleach::view
