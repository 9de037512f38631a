#include "compiler/topology/connectivity.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

constexpr auto kGpu = NodeType::Gpu;
constexpr auto kSwitch = NodeType::Switch;

Topology graph(const std::vector<NodeType>& types, const std::vector<std::pair<int, int>>& links) {
  Topology topology;
  for (std::size_t i = 0; i < types.size(); ++i) {
    topology.nodes.push_back({.id = std::to_string(i), .type = types[i]});
  }
  for (const auto& [from, to] : links) {
    topology.links.push_back({.from = static_cast<NodeId>(from),
                              .to = static_cast<NodeId>(to),
                              .bandwidth = {1},
                              .latency = {}});
  }
  return topology;
}

std::vector<NodeId> ids(const std::vector<int>& numbers) {
  std::vector<NodeId> result;
  for (const int number : numbers) result.push_back(static_cast<NodeId>(number));
  return result;
}

TEST_CASE("a one-way ring is connected") {
  const auto found = find_connectivity(graph({kGpu, kGpu, kGpu}, {{0, 1}, {1, 2}, {2, 0}}));
  CHECK(found.connected());
  CHECK(found.group == ids({0, 1, 2}));
}

TEST_CASE("a gpu that only sends, and one that only receives") {
  //  0 <-> 1 <-> 2,   3 -> 0,   2 -> 4
  const auto found = find_connectivity(
      graph({kGpu, kGpu, kGpu, kGpu, kGpu}, {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {3, 0}, {2, 4}}));
  CHECK_FALSE(found.connected());
  CHECK(found.group == ids({0, 1, 2}));
  CHECK(found.unreachable == ids({3}));
  CHECK(found.silent == ids({4}));
}

TEST_CASE("the largest group counts gpus, not switches") {
  //  0 -s1- s2 - s3,   4 - 5
  const auto found =
      find_connectivity(graph({kGpu, kSwitch, kSwitch, kSwitch, kGpu, kGpu},
                              {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {2, 3}, {3, 2}, {4, 5}, {5, 4}}));
  CHECK(found.group == ids({4, 5}));
  CHECK(found.unreachable == ids({0}));
  CHECK(found.silent == ids({0}));
}

TEST_CASE("a switch that is not connected does not matter") {
  CHECK(find_connectivity(graph({kGpu, kGpu, kSwitch}, {{0, 1}, {1, 0}, {0, 2}})).connected());
}

TEST_CASE("of equal groups the one with the lowest id") {
  const auto found =
      find_connectivity(graph({kGpu, kGpu, kGpu, kGpu}, {{0, 3}, {3, 0}, {1, 2}, {2, 1}}));
  CHECK(found.group == ids({0, 3}));
}

TEST_CASE("a long path needs no deep stack") {
  constexpr int kLength = 300'000;
  std::vector<std::pair<int, int>> links;
  for (int i = 0; i + 1 < kLength; ++i) links.emplace_back(i, i + 1);
  const std::vector<NodeType> types(kLength, kGpu);
  const auto path = find_connectivity(graph(types, links));
  CHECK(path.group == ids({0}));
  CHECK(path.unreachable.empty());
  CHECK(path.silent.size() == kLength - 1);
  links.emplace_back(kLength - 1, 0);
  CHECK(find_connectivity(graph(types, links)).connected());
}

}  // namespace
}  // namespace pleach
