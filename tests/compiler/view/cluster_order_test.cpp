#include "compiler/view/cluster_order.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

std::vector<int> order_in(const Topology& topology) {
  const auto pairs = link_pairs(topology, {});
  return order_clusters(clusters_of(topology, pairs, incidence_of(topology, pairs)), pairs);
}

TEST_CASE("what stands well stays in the order of the file") {
  for (const char* name : {"dgx-h100-x4", "fat-tree-16-over2", "nvl72", "mi250-x2"}) {
    CAPTURE(name);
    const std::vector<int> order = order_in(machine(name));
    CHECK(std::ranges::is_sorted(order));
    CHECK_FALSE(order.empty());
  }
}

TEST_CASE("GPUs of one leaf come together") {
  // Leaf x serves 0, 2, 4, 6; leaf y the others.
  const Topology topology = machine_of({"0", "1", "2", "3", "4", "5", "6", "7", "x", "y"}, 8,
                                       {{0, 8, 1},
                                        {1, 9, 1},
                                        {2, 8, 1},
                                        {3, 9, 1},
                                        {4, 8, 1},
                                        {5, 9, 1},
                                        {6, 8, 1},
                                        {7, 9, 1},
                                        {8, 9, 1}});
  CHECK(order_in(topology) == std::vector{0, 2, 4, 6, 1, 3, 5, 7});
}

}  // namespace
}  // namespace pleach::view
