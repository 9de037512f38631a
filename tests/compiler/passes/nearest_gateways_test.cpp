#include "compiler/passes/nearest_gateways.hpp"

#include <map>
#include <random>

#include <doctest/doctest.h>

#include "compiler/ir/tree_height.hpp"
#include "compiler/passes/cable_network.hpp"
#include "compiler/passes/optimum.hpp"
#include "compiler/passes/pack_forest.hpp"
#include "compiler/passes/plan_gateways.hpp"
#include "compiler/passes/rank_groups.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/passes/split_graph.hpp"
#include "compiler/verify/check_forest.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/fabric_topology.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

using testing::Fabric;

TreeGraph optimum_of(const Topology& topology, Collective collective = Collective::AllGather) {
  return scale_to_optimum(find_optimum(demand_graph(topology, collective, 0)));
}

// Every piece runs over existing links, no link carries more than its capacity, and no edge has
// two pieces with one route.
void check_links(const SwitchFreeGraph& graph, const DemandGraph& machine) {
  std::map<std::pair<int, int>, Integer> left;
  for (const FlowArc& arc : machine.network.arcs) left[{arc.tail, arc.head}] = arc.capacity;
  for (const LogicalEdge& edge : graph.edges) {
    for (const RoutePiece& piece : edge.pieces) {
      for (std::size_t hop = 0; hop + 1 < piece.route.size(); ++hop) {
        left[{static_cast<int>(piece.route[hop]), static_cast<int>(piece.route[hop + 1])}] -=
            piece.amount;
      }
      for (const RoutePiece& other : edge.pieces) {
        CHECK((&other == &piece || other.route != piece.route));
      }
    }
  }
  for (const auto& [ends, amount] : left) CHECK(amount >= Integer(0));
}

int height_of(const Forest& forest, const SwitchFreeGraph& graph) {
  int height = 0;
  for (const OutTree& tree : forest) {
    std::vector<int> depth(graph.trees.size());
    for (const int edge : tree.edges) {
      depth[graph.edges[edge].head] = depth[graph.edges[edge].tail] + 1;
      height = std::max(height, depth[graph.edges[edge].head]);
    }
  }
  return height;
}

// Trees of two hops at the optimum.
void check_low(const Topology& topology, int most_height = 2) {
  const TreeGraph trees = optimum_of(topology);
  const auto graph = nearest_gateways(trees.graph);
  REQUIRE(graph.has_value());
  CHECK(violations(*graph, topology.ranks).empty());
  check_links(*graph, trees.graph);
  const auto packed = pack_lowest(*graph);
  REQUIRE(packed.has_value());
  CHECK(violations(packed->forest, *graph).empty());
  CHECK(height_of(packed->forest, *graph) <= most_height);
  CHECK(cuts_hold(*graph));
}

TEST_CASE("boxes on rails") {
  check_low(testing::fabric_topology(
      {.boxes = 8, .gpus = 4, .inside = 9, .outside = 1, .has_nics = true, .has_rails = true}));
}

TEST_CASE("boxes whose cut, and boxes whose single GPUs are the limit") {
  for (const int boxes : {2, 3, 5, 9}) {
    CAPTURE(boxes);
    check_low(testing::fabric_topology(
        {.boxes = boxes, .gpus = 4, .inside = 9, .outside = 3, .has_rails = true, .uplink = 14}));
  }
}

TEST_CASE("a fat tree, full and oversubscribed") {
  check_low(testing::fabric_topology({.boxes = 6, .gpus = 4, .spines = 4, .uplink = 1}));
  check_low(testing::fabric_topology({.boxes = 4, .gpus = 4, .spines = 2, .uplink = 1}));
}

TEST_CASE("one switch: every rank to every other") {
  check_low(testing::fabric_topology({.boxes = 1, .gpus = 7, .spines = 0}), 1);
}

TEST_CASE("two parallel leaves of different speed share the amounts") {
  // Each GPU reaches both; what crosses is spread by what they carry.
  Topology topology = testing::fabric_topology({.boxes = 1, .gpus = 5, .spines = 0});
  topology.nodes.push_back({"second", NodeType::Switch});
  const auto second = static_cast<NodeId>(topology.nodes.size() - 1);
  for (const NodeId gpu : topology.ranks) {
    topology.links.push_back({gpu, second, {3}, {}});
    topology.links.push_back({second, gpu, {3}, {}});
  }
  check_low(topology, 1);
}

TEST_CASE("what the template is not made for it leaves alone") {
  Topology direct = testing::fabric_topology({.boxes = 2, .gpus = 2, .uplink = 2});
  CHECK(nearest_gateways(optimum_of(direct).graph).has_value());
  CHECK_FALSE(nearest_gateways(optimum_of(direct, Collective::Broadcast).graph).has_value());
  direct.links.push_back({direct.ranks[0], direct.ranks[1], {1}, {}});
  CHECK_FALSE(nearest_gateways(optimum_of(direct).graph).has_value());
}

TEST_CASE("capacities beyond 64 bits are left alone") {
  const Topology topology = testing::fabric_topology({.boxes = 2, .gpus = 2, .uplink = 2});
  TreeGraph trees = optimum_of(topology);
  for (FlowArc& arc : trees.graph.network.arcs) {
    for (int i = 0; i < 3; ++i) arc.capacity *= Integer(std::int64_t{1} << 40);
  }
  CHECK_FALSE(nearest_gateways(trees.graph).has_value());
}

TEST_CASE("random fabrics: links always hold, and the cuts are seen for what they are") {
  std::mt19937_64 random(43);
  const auto below = [&](int limit) { return static_cast<int>(random() % limit); };
  int taken = 0;
  int good = 0;
  for (int round = 0; round < 400; ++round) {
    Fabric shape;
    shape.boxes = 2 + below(3);
    shape.gpus = 1 + below(4);
    shape.inside = below(2) * (1 + below(6));
    shape.outside = 1 + below(3);
    shape.has_nics = below(2) == 1;
    shape.has_rails = shape.inside.sign() > 0 && below(2) == 1;
    shape.spines = 1 + below(4);
    shape.uplink = 1 + below(4);
    Topology topology = testing::fabric_topology(shape);
    // Some cables at another rate, both ways, so that switches stay balanced.
    for (int damage = below(3); damage > 0; --damage) {
      const auto cable = 2 * random() % topology.links.size() / 2 * 2;
      topology.links[cable].bandwidth = {Rational(1) / Rational(1 + below(3))};
      topology.links[cable + 1].bandwidth = topology.links[cable].bandwidth;
    }
    CAPTURE(round);
    const TreeGraph trees = optimum_of(topology);
    const auto graph = nearest_gateways(trees.graph);
    if (!graph) continue;
    ++taken;
    CHECK(violations(*graph, topology.ranks).empty());
    check_links(*graph, trees.graph);
    const bool holds = cuts_hold(*graph);
    if (topology.num_ranks() <= 10) CHECK(holds == testing::every_cut_holds(*graph));
    const auto packed = pack_lowest(*graph);
    if (packed) CHECK(violations(packed->forest, *graph).empty());
    if (packed) CHECK(holds);  // the packing is the proof
    if (!holds) continue;
    ++good;
    // As many trees as the simple way packs at the same rate.
    const SwitchFreeGraph simple = remove_switches(trees.graph);
    CHECK(graph->trees == simple.trees);
    CHECK(violations(pack_forest(*graph).forest, *graph).empty());
  }
  CHECK(taken > 150);
  CHECK(good > 100);
}

TEST_CASE("groups: boxes by their widest cables, else the first switch") {
  const auto groups_of = [](const Fabric& shape) {
    const auto network = cable_network(optimum_of(testing::fabric_topology(shape)).graph);
    REQUIRE(network.has_value());
    const auto groups = find_rank_groups(*network);
    REQUIRE(groups.has_value());
    return *groups;
  };
  const std::vector<std::vector<int>> triples{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}};
  const RankGroups boxes = groups_of(
      {.boxes = 3, .gpus = 3, .inside = 5, .outside = 1, .has_nics = true, .has_rails = true});
  CHECK(boxes.members == triples);
  CHECK(boxes.group_of == std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2});
  CHECK(boxes.inside.size() == 3);
  CHECK(boxes.between.size() == 5);  // three leaves, two spines
  const RankGroups leaves = groups_of({.boxes = 3, .gpus = 3});
  CHECK(leaves.members == triples);
  CHECK(leaves.inside.empty());
}

TEST_CASE("every root has its trees at some rank of each group, and no rank has too many") {
  bool any_further = false;
  for (int round = 0; round < 8; ++round) {
    const int boxes = std::vector{2, 3, 4, 7}[round / 2];
    const auto further = round % 2 == 0 ? FurtherGateways::InTurn : FurtherGateways::NearestFirst;
    const Fabric shape{
        .boxes = boxes, .gpus = 3, .inside = 12, .outside = 4, .has_rails = true, .uplink = 40};
    const Topology topology = testing::fabric_topology(shape);
    const TreeGraph trees = optimum_of(topology);
    const auto network = cable_network(trees.graph);
    REQUIRE(network.has_value());
    const auto groups = find_rank_groups(*network);
    REQUIRE(groups.has_value());
    const std::int64_t each = trees.trees_per_root.int64();
    const auto plan = plan_gateways(*network, *groups, each, further);
    REQUIRE(plan.has_value());
    CAPTURE(round);
    any_further = any_further || plan->has_further;
    std::map<std::pair<int, int>, std::int64_t> to_group;
    std::vector<std::int64_t> into(topology.num_ranks());
    for (const RankDemand& demand : plan->between) {
      CHECK(groups->group_of[demand.tail] != groups->group_of[demand.head]);
      CHECK(demand.amount <= each);
      to_group[{demand.tail, groups->group_of[demand.head]}] += demand.amount;
      into[demand.head] += demand.amount;
    }
    CHECK(to_group.size() == topology.num_ranks() * (groups->members.size() - 1));
    for (const auto& [ends, amount] : to_group) CHECK(amount >= each);
    for (const RankDemand& demand : plan->within) {
      CHECK(groups->group_of[demand.tail] == groups->group_of[demand.head]);
      into[demand.head] += demand.amount;
    }
    // Whatever a rank must receive it can.
    for (const std::int64_t sum : into) CHECK(sum >= each * (3 * boxes - 1));
  }
  CHECK(any_further);
}

}  // namespace
}  // namespace pleach
