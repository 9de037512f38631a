#include "compiler/explain/places.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/compiler/explain/machines.hpp"

namespace pleach {
namespace {

using testing::catalogue_machine;
using testing::machine_from;

std::vector<std::string> names(const std::vector<Place>& places, PlaceKind kind) {
  std::vector<std::string> result;
  for (const Place& place : places) {
    if (place.kind == kind) result.push_back(place.name);
  }
  return result;
}

using Names = std::vector<std::string>;

TEST_CASE("GPUs and boxes by their ids; a rail is what a leaf reaches downwards") {
  const Topology topology = testing::h100_boxes(3);
  const auto places = places_of(topology);
  CHECK(names(places, PlaceKind::Gpu).size() == 24);
  CHECK(names(places, PlaceKind::Box) == Names{"box0", "box1", "box2"});
  CHECK(names(places, PlaceKind::SwitchGroup) ==
        Names{"leaf0", "leaf1", "leaf2", "leaf3", "leaf4", "leaf5", "leaf6", "leaf7"});
  CHECK(names(places, PlaceKind::Cluster).empty());  // each box is one, and has a name already
  for (const Place& place : places) {
    if (place.name == "box1") {
      CHECK(place.gpus.size() == 8);
      CHECK(place.nodes.size() == 17);
    }
    if (place.name == "leaf5") {
      CHECK(testing::ids(topology, place.gpus) == Names{"box0/gpu5", "box1/gpu5", "box2/gpu5"});
      CHECK(testing::ids(topology, place.switches) == Names{"leaf5"});
      CHECK(place.level == 2);
    }
  }
}

TEST_CASE("boxes within boxes, each at its level") {
  const Topology topology = machine_from(R"({"format":"pleach-topology/1","name":"n",
    "nodes":[{"id":"r{r}/t{t}/g{g}","type":"gpu","for":{"r":"0-1","t":"0-1","g":"0-1"}},
             {"id":"s","type":"switch"}],
    "links":[{"between":["r{r}/t{t}/g{g}","s"],"bandwidth":"1 GB/s",
              "for":{"r":"0-1","t":"0-1","g":"0-1"}}]})");
  const auto places = places_of(topology);
  CHECK(names(places, PlaceKind::Box) == Names{"r0", "r0/t0", "r0/t1", "r1", "r1/t0", "r1/t1"});
  for (const Place& place : places) {
    if (place.kind == PlaceKind::Box) CHECK(place.level == (place.name.size() == 2 ? 0 : 1));
  }
}

TEST_CASE("flat ids: groups below a switch; switches with the same GPUs share one") {
  const Topology topology = machine_from(R"({"format":"pleach-topology/1","name":"n",
    "nodes":[{"id":"g{g}","type":"gpu","for":{"g":"0-5"}},
             {"id":"leaf{l}","type":"switch","for":{"l":"0-3"}},{"id":"top","type":"switch"}],
    "links":[{"between":["g{g}","leaf{g/3}"],"bandwidth":"1 GB/s","for":{"g":"0-5"}},
             {"between":["g{g}","leaf{2+g/3}"],"bandwidth":"1 GB/s","for":{"g":"0-5"}},
             {"between":["leaf{l}","top"],"bandwidth":"1 GB/s","for":{"l":"0-3"}}]})");
  const auto places = places_of(topology);
  CHECK(names(places, PlaceKind::SwitchGroup) == Names{"leaf[0,2]", "leaf[1,3]"});
  CHECK(names(places, PlaceKind::Box).empty());
}

TEST_CASE("clusters: what faster links hold together") {
  const auto places = places_of(catalogue_machine("mi250-x1"));
  const Names clusters = names(places, PlaceKind::Cluster);
  CHECK(std::count(clusters.begin(), clusters.end(), "box0/gpu0-1") ==
        1);  // 4 links against 2 or 1
  CHECK(std::count(clusters.begin(), clusters.end(), "box0/gpu14-15") == 1);
  CHECK(std::count(clusters.begin(), clusters.end(), "box0/gpu0-15") == 0);  // that is all
}

TEST_CASE("every set of GPUs once, in file order, and never all of them") {
  for (const char* name : {"dgx-a100-x4", "mi250-x2", "nvl72", "torus-4x4", "fat-tree-16-over2"}) {
    CAPTURE(name);
    const Topology topology = catalogue_machine(name);
    const auto places = places_of(topology);
    CHECK(names(places, PlaceKind::Gpu).size() == topology.num_ranks());
    std::vector<std::vector<NodeId>> sets;
    for (const Place& place : places) {
      CHECK(std::is_sorted(place.gpus.begin(), place.gpus.end()));
      CHECK(place.gpus.size() < topology.num_ranks());
      CHECK(place.gpus.size() ==
            (place.kind == PlaceKind::Gpu ? 1 : std::max<std::size_t>(2, place.gpus.size())));
      sets.push_back(place.gpus);
    }
    std::sort(sets.begin(), sets.end());
    CHECK(std::adjacent_find(sets.begin(), sets.end()) == sets.end());
  }
}

}  // namespace
}  // namespace pleach
