#include "compiler/explain/find_limits.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "compiler/passes/compute_bound.hpp"
#include "tests/compiler/explain/machines.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

using testing::capacity_across;
using testing::catalogue_machine;
using testing::link_names;
using Names = std::vector<std::string>;

// Every statement of a Crossing, from the definitions.
void check_crossing(const Topology& topology,
                    Collective collective,
                    int root,
                    const Crossing& crossing) {
  CAPTURE(crossing.place.name);
  std::set<NodeId> inside(crossing.nodes.begin(), crossing.nodes.end());
  std::int64_t gpus_inside = 0;
  for (const NodeId rank : topology.ranks) gpus_inside += inside.count(rank) > 0 ? 1 : 0;
  CHECK(gpus_inside == static_cast<std::int64_t>(crossing.place.gpus.size()));
  for (const NodeId gpu : crossing.place.gpus) CHECK(inside.count(gpu) == 1);

  CHECK(crossing.capacity == capacity_across(topology, crossing.nodes, crossing.direction));
  Rational sum;
  for (const LinkId link : crossing.links) {
    sum += topology.links[index(link)].bandwidth.gigabytes_per_second;
  }
  CHECK(sum == crossing.capacity);

  const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
  const bool enters = crossing.direction == Direction::Entering;
  if (has_root(collective)) {
    CHECK(crossing.share == Rational(1));
    const bool root_inside = inside.count(topology.ranks[root]) > 0;
    // A broadcast flows away from its root, a reduce towards it.
    CHECK(root_inside == (enters == (collective == Collective::Reduce)));
    CHECK(crossing.apart_from_root == !root_inside);
  } else {
    // What starts outside must enter, what starts inside must leave; of a reduce-scatter what ends.
    const bool counts_inside = enters == (collective == Collective::ReduceScatter);
    CHECK(crossing.share == Rational(counts_inside ? gpus_inside : ranks - gpus_inside, ranks));
    CHECK(crossing.share * ranks == Rational(crossing.shards));
  }
  CHECK(crossing.algbw == crossing.capacity / crossing.share);
}

void check_class(const Topology& topology,
                 Collective collective,
                 int root,
                 const CrossingClass& places) {
  REQUIRE(!places.members.empty());
  CHECK(places.members.size() <= places.peers);
  for (const Crossing& member : places.members) {
    check_crossing(topology, collective, root, member);
    CHECK(member.place.kind == places.front().place.kind);
    CHECK(member.direction == places.front().direction);
    CHECK(member.place.gpus.size() == places.front().place.gpus.size());
    CHECK(member.capacity == places.front().capacity);
    CHECK(member.algbw == places.front().algbw);
  }
}

void check_limits(const Topology& topology, const FlowLimits& limits, int root) {
  check_class(topology, limits.collective, root, limits.bottleneck);
  CHECK(limits.bottleneck.front().algbw == limits.cut_algbw);
  for (const CrossingClass& tight : limits.also_tight) {
    check_class(topology, limits.collective, root, tight);
    CHECK(tight.front().algbw == limits.cut_algbw);
  }
  Rational last = limits.cut_algbw;
  for (const CrossingClass& next : limits.next) {
    check_class(topology, limits.collective, root, next);
    CHECK(next.front().algbw > limits.cut_algbw);
    CHECK(next.front().algbw >= last);
    CHECK(next.front().algbw < limits.cut_algbw * 2);
    last = next.front().algbw;
  }
  CHECK(limits.algbw == compute_bound(topology, limits.collective, root).best());
  CHECK(limits.balance.has_value() == (limits.algbw < limits.cut_algbw));
  if (!limits.balance) return;
  Rational sum;
  for (const CountedLinks& counted : limits.balance->counted) {
    Rational capacity;
    for (const LinkId link : counted.links) {
      capacity += topology.links[index(link)].bandwidth.gigabytes_per_second;
    }
    CHECK(capacity == counted.capacity);
    CHECK(counted.weight > Rational(0));
    sum += counted.weight * capacity;
  }
  CHECK(sum == limits.algbw);
  CHECK(!limits.balance->forwarders.empty());
  for (const NodeId node : limits.balance->forwarders) {
    CHECK(topology.node(node).type != NodeType::Gpu);
  }
}

TEST_CASE("H100 16x8: the NICs of each box, found alike in all 16") {
  const Topology topology = catalogue_machine("dgx-h100-x16");
  const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
  check_limits(topology, limits, 0);
  CHECK(limits.algbw == Rational(1280, 3));
  CHECK(limits.bottleneck.members.size() == 16);
  CHECK(limits.bottleneck.peers == 16);
  const Crossing& first = limits.bottleneck.front();
  CHECK(first.place.kind == PlaceKind::Box);
  CHECK(first.direction == Direction::Entering);
  CHECK(first.capacity == Rational(400));
  CHECK(first.shards == 120);
  CHECK(link_names(topology, first.links).front() == "ib/leaf0 -> box0/nic0");
  CHECK(first.links.size() == 8);
  CHECK(link_names(topology, first.in_series).front() == "box0/nic0 -> box0/gpu0");
  CHECK(first.in_series.size() == 8);
  CHECK(first.nodes.size() == 17);
  REQUIRE(limits.next.size() == 1);
  CHECK(limits.next.front().front().place.kind == PlaceKind::Gpu);
  CHECK(limits.next.front().members.size() == 128);
  CHECK(limits.next.front().front().capacity == Rational(500));
  CHECK(!limits.comparison);
}

TEST_CASE("a switch that takes in less than it could send: its links are counted, with weights") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"half","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-2"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"900 GB/s","for":{"g":"1-2"}},
      {"from":"g0","to":"s","bandwidth":"450 GB/s"},{"from":"s","to":"g0","bandwidth":"900 GB/s"}]})");
  const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
  check_limits(topology, limits, 0);
  CHECK(limits.cut_algbw == Rational(1350));
  CHECK(limits.algbw == Rational(1125));
  REQUIRE(limits.balance);
  CHECK(testing::ids(topology, limits.balance->forwarders) == Names{"s"});
  REQUIRE(limits.balance->counted.size() == 1);
  CHECK(limits.balance->counted.front().weight == Rational(1, 2));
  CHECK(limits.balance->counted.front().capacity == Rational(2250));
  CHECK(link_names(topology, limits.balance->counted.front().links) ==
        Names{"g1 -> s", "g2 -> s", "g0 -> s"});
}

TEST_CASE("reduce_scatter: the same border, told as what leaves") {
  const Topology topology = testing::h100_boxes(4);
  const FlowLimits limits = find_limits(topology, Collective::ReduceScatter, 0);
  check_limits(topology, limits, 0);
  CHECK(limits.bottleneck.front().direction == Direction::Leaving);
  CHECK(link_names(topology, limits.bottleneck.front().links).front() ==
        "box0/gpu0 -> box0/nvswitch");
}

TEST_CASE("a GPU that can hardly send: told from its side, as what leaves") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"mute","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"10 GB/s","for":{"g":"0-2"}},
      {"from":"s","to":"g3","bandwidth":"10 GB/s"},{"from":"g3","to":"s","bandwidth":"1 GB/s"}]})");
  const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
  check_limits(topology, limits, 0);
  const Crossing& first = limits.bottleneck.front();
  CHECK(limits.algbw == Rational(4));
  CHECK(first.place.name == "g3");
  CHECK(first.direction == Direction::Leaving);
  CHECK(first.shards == 1);
  CHECK(limits.bottleneck.peers == 4);
}

TEST_CASE("broadcast: places without the root take in, the root's own sends out") {
  const Topology topology = testing::h100_boxes(4);
  const FlowLimits limits = find_limits(topology, Collective::Broadcast, 9);
  check_limits(topology, limits, 9);
  CHECK(limits.bottleneck.members.size() == 3);
  CHECK(limits.bottleneck.peers == 3);
  REQUIRE(limits.also_tight.size() == 1);
  CHECK(limits.also_tight.front().front().place.name == "box1");
  CHECK(limits.also_tight.front().front().direction == Direction::Leaving);
}

TEST_CASE("a NIC whose GPU is away does not count for its box") {
  const Topology topology = testing::h100_boxes(4, R"({"remove":"box1/gpu5"})");
  const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
  check_limits(topology, limits, 0);
  const Crossing& box1 = [&]() -> const Crossing& {
    for (const CrossingClass& next : limits.next) {
      if (next.front().place.name == "box1") return next.front();
    }
    return limits.bottleneck.front();
  }();
  REQUIRE(box1.place.name == "box1");
  CHECK(box1.capacity == Rational(350));
  CHECK(link_names(topology, box1.links).front() == "leaf0 -> box1/nic0");
  const auto nodes = testing::ids(topology, box1.nodes);
  CHECK(std::find(nodes.begin(), nodes.end(), "box1/nic5") == nodes.end());
  CHECK(std::find(nodes.begin(), nodes.end(), "box1/nic6") != nodes.end());
}

TEST_CASE("two full meshes and one link of the same rate: only a flow finds the halves") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"barbell","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-7"}}],"links":[
      {"between":["g0","g1"],"bandwidth":"10 GB/s"},{"between":["g0","g2"],"bandwidth":"10 GB/s"},
      {"between":["g0","g3"],"bandwidth":"10 GB/s"},{"between":["g1","g2"],"bandwidth":"10 GB/s"},
      {"between":["g1","g3"],"bandwidth":"10 GB/s"},{"between":["g2","g3"],"bandwidth":"10 GB/s"},
      {"between":["g4","g5"],"bandwidth":"10 GB/s"},{"between":["g4","g6"],"bandwidth":"10 GB/s"},
      {"between":["g4","g7"],"bandwidth":"10 GB/s"},{"between":["g5","g6"],"bandwidth":"10 GB/s"},
      {"between":["g5","g7"],"bandwidth":"10 GB/s"},{"between":["g6","g7"],"bandwidth":"10 GB/s"},
      {"between":["g3","g4"],"bandwidth":"10 GB/s"}]})");
  const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
  check_limits(topology, limits, 0);
  CHECK(limits.algbw == Rational(20));
  CHECK(limits.bottleneck.members.size() == 2);
  CHECK(limits.bottleneck.peers == 2);
  CHECK(limits.bottleneck.front().place.kind == PlaceKind::Other);
  CHECK(limits.bottleneck.front().place.name == "g0-3");
  CHECK(link_names(topology, limits.bottleneck.front().links) == Names{"g4 -> g3"});
}

TEST_CASE("find_bottleneck gives the same rate, and a tight place") {
  for (const char* name : {"dgx-h100-x4", "mi250-x2", "nvl72", "a100-h100-mix"}) {
    CAPTURE(name);
    const Topology topology = catalogue_machine(name);
    const FlowLimits all = find_limits(topology, Collective::AllGather, 0);
    const FlowLimits first = find_bottleneck(topology, Collective::AllGather, 0);
    check_limits(topology, first, 0);
    CHECK(first.algbw == all.algbw);
    CHECK(first.bottleneck == all.bottleneck);
  }
}

TEST_CASE("random machines: each statement from the definitions, the rate by enumeration") {
  std::mt19937_64 random(41);
  const std::array collectives = {Collective::AllGather, Collective::ReduceScatter,
                                  Collective::Broadcast, Collective::Reduce};
  int balances = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + round % 6, .switches = round % 4, .rate_bits = 1 + round % 4});
    const Collective collective = collectives[static_cast<std::size_t>(round) % 4];
    const int root = round % 2;
    const FlowLimits limits = find_limits(topology, collective, root);
    check_limits(topology, limits, root);
    CHECK(limits.cut_algbw == testing::best_algbw(topology, collective, root));
    balances += limits.balance ? 1 : 0;
    CHECK(find_bottleneck(topology, collective, root).algbw == limits.algbw);
  }
  CHECK(balances > 0);
}

TEST_CASE("\"each of the\": every GPU that is not named has more room, by its own cut") {
  std::mt19937_64 random(42);
  for (int round = 0; round < 100; ++round) {
    CAPTURE(round);
    const Topology topology =
        testing::random_unbalanced(random, {.ranks = 4, .switches = 0, .rate_bits = 2});
    const FlowLimits limits = find_limits(topology, Collective::AllGather, 0);
    const Crossing& first = limits.bottleneck.front();
    if (first.place.kind != PlaceKind::Gpu || first.direction != Direction::Entering) continue;
    std::set<std::string> named;
    for (const Crossing& member : limits.bottleneck.members) named.insert(member.place.name);
    for (const NodeId rank : topology.ranks) {
      // Without switches a GPU's least cut is its own border.
      const Rational capacity = capacity_across(topology, {rank}, Direction::Entering);
      CHECK((capacity == first.capacity) == (named.count(topology.node(rank).id) > 0));
    }
  }
}

}  // namespace
}  // namespace pleach
