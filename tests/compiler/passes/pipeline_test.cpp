#include "compiler/passes/pipeline.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "compiler/ir/schedule_json.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

double no_time() { return 0; }

Schedule compiled(const Topology& topology, const CompileOptions& options) {
  return compile_schedule(topology, options, no_time).schedule;
}

void check_valid(const Schedule& schedule) {
  const Verification verification = verify_schedule(schedule);
  for (const Violation& violation : verification.violations) {
    FAIL_CHECK(violation.rule << " " << violation.where << " " << violation.message);
  }
  CHECK(verification.algbw == schedule.algbw);
}

int max_height(const Schedule& schedule) {
  int tallest = 0;
  for (const ScheduleTree& tree : schedule.broadcast_trees) {
    std::map<NodeId, int> depth;
    for (const int route : tree.routes) {
      const Route& nodes = schedule.routes[route];
      depth[nodes.back()] = depth[nodes.front()] + 1;
      tallest = std::max(tallest, depth[nodes.back()]);
    }
  }
  return tallest;
}

TEST_CASE(
    "reference machines: the schedule reaches the optimum, and is no taller than ForestColl's") {
  std::ifstream file(std::string(PLEACH_TEST_DATA) + "/reference/EXPECTED.json");
  const auto expected = nlohmann::json::parse(file);
  int compiled_count = 0;
  for (const auto& [name, entry] : expected.items()) {
    CAPTURE(name);
    const auto topology =
        load_topology(std::string(PLEACH_TEST_DATA) + "/reference/" + name + ".json");
    CHECK(topology.ok() != entry["allgather_algbw"].is_null());
    if (!topology.ok()) continue;
    const Schedule schedule = compiled(topology.value(), {});
    CHECK(schedule.bound.algbw.to_string() == entry["allgather_algbw"].get<std::string>());
    check_valid(schedule);
    if (name == "bad_nvl8_asym") {  // its switch is unbalanced
      CHECK(schedule.algbw == Rational(6750, 7));
      REQUIRE(schedule.bound.achievable);
      CHECK(schedule.bound.achievable->algbw == schedule.algbw);
      ++compiled_count;
      continue;
    }
    CHECK_FALSE(schedule.bound.achievable);
    CHECK(schedule.bound.algbw == schedule.algbw);
    const auto peer = entry.value("forestcoll_reference", nlohmann::json::object());
    if (peer.contains("max_height")) CHECK(max_height(schedule) <= peer["max_height"].get<int>());
    ++compiled_count;
  }
  CHECK(compiled_count == 50);
}

TEST_CASE("one switch has trees of height 1, and direct networks trees of their diameter") {
  const std::map<std::string, int> heights = {
      {"nvl8", 1},     {"nvl72", 1},       {"nvl72_18planes", 1}, {"h100_1box", 1},
      {"full_8", 1},   {"ring_16", 8},     {"torus_4x4", 4},      {"torus_8x8", 8},
      {"ring_32", 16}, {"hypercube_4", 4}, {"torus_4x4x4", 6},    {"h100_16box", 2}};
  for (const auto& [name, height] : heights) {
    CAPTURE(name);
    const auto topology =
        load_topology(std::string(PLEACH_TEST_DATA) + "/reference/" + name + ".json");
    REQUIRE(topology.ok());
    CHECK(max_height(compiled(topology.value(), {})) == height);
  }
}

TEST_CASE("every collective on random balanced machines is valid and reaches its bound") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 1200; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 8),
                                       .switches = static_cast<int>(random() % 4),
                                       .cycles = 1 + static_cast<int>(random() % 9),
                                       .extra_links = static_cast<int>(random() % 7),
                                       .rate_bits = std::vector{1, 3, 10, 40}[round % 4]};
    const Topology topology = testing::random_balanced(random, shape);
    const CompileOptions options{.collective = kCollectives[round % kCollectives.size()],
                                 .root = static_cast<int>(random() % topology.num_ranks()),
                                 .trees_per_root = {}};
    CAPTURE(round);
    const Schedule schedule = compiled(topology, options);
    const Bound bound = compute_bound(topology, options.collective, options.root);
    check_valid(schedule);
    if (options.collective == Collective::AllReduce) {
      CHECK(schedule.algbw >= bound.algbw);
      CHECK(schedule.algbw <= bound.upper_bound);
    } else {
      CHECK(schedule.algbw == bound.algbw);
    }
  }
}

TEST_CASE("with a fixed number of trees the rate is the best for that number") {
  std::mt19937_64 random(10);
  int below_optimum = 0;
  for (int round = 0; round < 150; ++round) {
    // No switches: rounding to whole trees could unbalance them.
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 5),
                                       .switches = 0,
                                       .cycles = 2 + static_cast<int>(random() % 6),
                                       .rate_bits = 1 + round % 5};
    const Topology topology = testing::random_balanced(random, shape);
    const int trees = 1 + static_cast<int>(random() % 4);
    CAPTURE(round);
    const Schedule schedule = compiled(
        topology, {.collective = Collective::AllGather, .root = 0, .trees_per_root = trees});
    const Rational best = testing::best_algbw_for_tree_count(topology, trees);
    check_valid(schedule);
    CHECK(schedule.algbw >= best);  // links that carry fewer trees than they may
    CHECK(schedule.algbw <= schedule.bound.algbw);
    for (const ScheduleTree& tree : schedule.broadcast_trees) {
      const Rational copies = tree.share * static_cast<std::int64_t>(topology.num_ranks()) * trees;
      CHECK(copies.den() == Integer(1));
    }
    below_optimum += schedule.algbw < schedule.bound.algbw ? 1 : 0;
  }
  CHECK(below_optimum > 10);
}

TEST_CASE("links that round to no tree at all carry none") {
  // One tree per root: the thin links of the random Euler graphs round down to nothing.
  for (const std::string name :
       {"rand_euler_s1", "rand_euler_s2", "rand_euler_s3", "rand_euler_s4", "rand_euler_s5"}) {
    CAPTURE(name);
    const auto topology =
        load_topology(std::string(PLEACH_TEST_DATA) + "/reference/" + name + ".json");
    REQUIRE(topology.ok());
    const int last = static_cast<int>(topology.value().num_ranks()) - 1;
    for (const Collective collective : kCollectives) {
      CAPTURE(name_of(collective));
      check_valid(compiled(topology.value(),
                           {.collective = collective, .root = last, .trees_per_root = 1}));
    }
  }
}

TEST_CASE("same input, same bytes; another order of declaration, the same optimum") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 100; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 6),
                                       .switches = static_cast<int>(random() % 4)};
    const Topology topology = testing::random_balanced(random, shape);
    const CompileOptions options{
        .collective = kCollectives[round % 3], .root = 0, .trees_per_root = {}};
    CAPTURE(round);
    const std::string first = write_schedule(compiled(topology, options));
    CHECK(first == write_schedule(compiled(topology, options)));
    const Topology other = testing::shuffled(topology, random);
    CHECK(compute_bound(other, options.collective).algbw ==
          compute_bound(topology, options.collective).algbw);
    check_valid(compiled(other, options));
    if (options.collective != Collective::AllReduce) {
      CHECK(compiled(other, options).algbw == compiled(topology, options).algbw);
    }
  }
}

TEST_CASE("every collective on random unbalanced machines reaches what is proved achievable") {
  std::mt19937_64 random(12);
  int below_the_cuts = 0;
  for (int round = 0; round < 600; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 6),
                                       .switches = 1 + static_cast<int>(random() % 4),
                                       .cycles = 1 + static_cast<int>(random() % 9),
                                       .extra_links = static_cast<int>(random() % 12),
                                       .rate_bits = std::vector{1, 3, 10, 40}[round / 2 % 4]};
    const Topology topology = round % 2 == 0 ? testing::random_faulty(random, shape)
                                             : testing::random_unbalanced(random, shape);
    const CompileOptions options{.collective = kCollectives[round / 8 % kCollectives.size()],
                                 .root = static_cast<int>(random() % topology.num_ranks()),
                                 .trees_per_root = {}};
    CAPTURE(round);
    const Compiled result = compile_schedule(topology, options, no_time);
    check_valid(result.schedule);
    if (options.collective == Collective::AllReduce) {
      CHECK(result.schedule.algbw >= result.bound.algbw);
      CHECK(result.schedule.algbw <= result.bound.upper_bound);
      continue;
    }
    CHECK(result.schedule.algbw == result.bound.best());
    below_the_cuts += result.bound.best() < result.bound.algbw ? 1 : 0;
  }
  CHECK(below_the_cuts > 35);
}

TEST_CASE("a fixed number of trees on unbalanced machines") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 300; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 5),
                                       .switches = 1 + static_cast<int>(random() % 3),
                                       .cycles = 1 + static_cast<int>(random() % 9),
                                       .extra_links = static_cast<int>(random() % 8),
                                       .rate_bits = 1 + round % 6};
    const Topology topology = round % 2 == 0 ? testing::random_faulty(random, shape)
                                             : testing::random_unbalanced(random, shape);
    const int trees = 1 + static_cast<int>(random() % 5);
    CAPTURE(round);
    const Schedule schedule = compiled(
        topology, {.collective = Collective::AllGather, .root = 0, .trees_per_root = trees});
    check_valid(schedule);
    CHECK(schedule.algbw <= schedule.bound.best());
    for (const ScheduleTree& tree : schedule.broadcast_trees) {
      const Rational copies = tree.share * static_cast<std::int64_t>(topology.num_ranks()) * trees;
      CHECK(copies.den() == Integer(1));
    }
  }
}

TEST_CASE("whole trees that unbalance a switch are balanced again") {
  // The switch passes 3 + 3 in and 2 + 4 out; one tree per root rounds that to different sums.
  Topology topology;
  topology.name = "uneven";
  topology.nodes = {{"a", NodeType::Gpu}, {"b", NodeType::Gpu}, {"s", NodeType::Switch}};
  topology.ranks = {NodeId{0}, NodeId{1}};
  topology.links = {{NodeId{0}, NodeId{2}, {3}, {}},
                    {NodeId{1}, NodeId{2}, {3}, {}},
                    {NodeId{2}, NodeId{0}, {2}, {}},
                    {NodeId{2}, NodeId{1}, {4}, {}}};
  CHECK(compiled(topology, {}).algbw == Rational(4));
  const Schedule one =
      compiled(topology, {.collective = Collective::AllGather, .root = 0, .trees_per_root = 1});
  check_valid(one);
  CHECK(one.algbw == Rational(4));
}

TEST_CASE("a fixed number of trees where rates differ a millionfold") {
  // Stepping through every break point of the fastest link would never end.
  const auto topology = read_topology(R"({"format":"pleach-topology/1","name":"three GPUs",
"nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-2"}},{"id":"n3","type":"nic"},
         {"id":"s4","type":"switch"},{"id":"s5","type":"switch"}],
"links":[{"from":"n3","to":"s4","bandwidth":"1 GB/s"},{"from":"s5","to":"g1","bandwidth":"1 GB/s"},
         {"from":"s4","to":"s5","bandwidth":"1 GB/s"},{"from":"s4","to":"g0","bandwidth":"1000000 GB/s"},
         {"from":"g2","to":"n3","bandwidth":"1 GB/s"},{"from":"n3","to":"g2","bandwidth":"0.003 GB/s"},
         {"from":"g0","to":"n3","bandwidth":"1 GB/s"},{"from":"g1","to":"g2","bandwidth":"1 GB/s"}]})",
                                      "three.json");
  REQUIRE(topology.ok());
  for (const Collective collective : kCollectives) {
    for (const int trees : {1, 2, 3, 5, 7}) {
      CAPTURE(name_of(collective));
      CAPTURE(trees);
      const Schedule schedule = compiled(
          topology.value(), {.collective = collective, .root = 0, .trees_per_root = trees});
      check_valid(schedule);
      if (collective != Collective::AllReduce) CHECK(schedule.algbw <= schedule.bound.best());
    }
  }
}

// The machine with one direction of link `position` at half its rate.
Topology one_way_fault(Topology topology, std::size_t position) {
  topology.links[position].bandwidth.gigabytes_per_second /= Rational(2);
  return topology;
}

TEST_CASE("one-way faults of every catalogue machine compile and verify") {
  std::mt19937_64 random(14);
  for (const std::string name :
       {"dgx-a100-x1", "dgx-a100-x2", "dgx-a100-x4", "dgx-h100-x1", "dgx-h100-x2", "dgx-h100-x4",
        "mi250-x1", "mi250-x2", "dgx-1v", "torus-4x4", "torus-3x3x3", "hypercube-4", "mesh-full-8",
        "ring-8", "fat-tree-16-over2", "nvl72", "a100-h100-mix"}) {
    const auto topology = load_topology(name);
    REQUIRE(topology.ok());
    for (int fault = 0; fault < 4; ++fault) {
      const std::size_t link = random() % topology.value().links.size();
      const Topology faulty = one_way_fault(topology.value(), link);
      const Collective collective = kCollectives[(fault + link) % kCollectives.size()];
      CAPTURE(name);
      CAPTURE(link);
      CAPTURE(name_of(collective));
      const Compiled result = compile_schedule(
          faulty, {.collective = collective, .root = 1, .trees_per_root = {}}, no_time);
      check_valid(result.schedule);
      CHECK(result.schedule.algbw >= result.bound.best());
    }
  }
}

TEST_CASE("racks whose single GPUs are the limit: nineteen trees a root, two hops deep") {
  const auto topology = read_topology(R"({"format": "pleach-topology/1", "name": "racks",
    "nodes": [{"id": "rack{k}", "use": "builtin:nvl72", "for": {"k": "0-1"}}],
    "fabrics": [{"type": "leaf-spine", "id": "ib",
      "leaves": {"id": "leaf{l}", "for": {"l": "0-3"}},
      "spines": {"id": "spine{s}", "for": {"s": "0-17"}},
      "uplink": {"bandwidth": "100 GB/s"},
      "attach": [{"between": ["rack{k}/gpu{g}", "leaf{g%4}"], "bandwidth": "400 Gb/s",
                  "for": {"k": "0-1", "g": "0-71"}}]}]})",
                                      "racks.json");
  REQUIRE(topology.ok());
  const Compiled result = compile_schedule(topology.value(), {}, [] { return 0.0; });
  CHECK(result.trees_per_root == Integer(19));
  CHECK(result.method.split == "nearest gateways");
  CHECK(result.method.pack == "shortest paths");
  CHECK(result.schedule.algbw == result.schedule.bound.algbw);
  CHECK(max_height(result.schedule) == 2);
  check_valid(result.schedule);
}

}  // namespace
}  // namespace pleach
