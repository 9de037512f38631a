#include "compiler/passes/compute_bound.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "compiler/topology/load_topology.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

Topology reference(const std::string& name) {
  auto topology = load_topology(std::string(PLEACH_TEST_DATA) + "/reference/" + name + ".json");
  REQUIRE_MESSAGE(topology.ok(), name);
  return std::move(topology).value();
}

Rational capacity_leaving(const Topology& topology, const std::vector<NodeId>& set, bool mirrored) {
  const std::set<NodeId> inside(set.begin(), set.end());
  Rational sum = 0;
  for (const Link& link : topology.links) {
    const NodeId from = mirrored ? link.to : link.from;
    const NodeId to = mirrored ? link.from : link.to;
    if (inside.contains(from) && !inside.contains(to)) sum += link.bandwidth.gigabytes_per_second;
  }
  return sum;
}

int ranks_in(const Topology& topology, const std::vector<NodeId>& set) {
  const std::set<NodeId> inside(set.begin(), set.end());
  int count = 0;
  for (const NodeId node : topology.ranks) count += inside.contains(node) ? 1 : 0;
  return count;
}

// The cut alone proves that nothing beats the bound.
void check_witness(const Topology& topology, const Bound& bound) {
  const bool mirrored =
      bound.collective == Collective::ReduceScatter || bound.collective == Collective::Reduce;
  const Cut& cut = bound.tightest;
  CHECK(cut.exit_capacity == capacity_leaving(topology, cut.nodes, mirrored));
  CHECK(cut.compute_nodes == ranks_in(topology, cut.nodes));
  CHECK(cut.compute_nodes < static_cast<int>(topology.num_ranks()));
  if (has_root(bound.collective)) {
    CHECK(ranks_in(topology, cut.nodes) > 0);
    CHECK(std::count(cut.nodes.begin(), cut.nodes.end(), topology.ranks[bound.root]) == 1);
    CHECK(bound.algbw == cut.exit_capacity);
  } else {
    CHECK(bound.algbw == Rational(static_cast<std::int64_t>(topology.num_ranks())) *
                             cut.exit_capacity / cut.compute_nodes);
  }
}

// The witness of an allreduce's upper bound, from its definition in bound.hpp.
void check_upper_witness(const Topology& topology, const Bound& bound) {
  if (bound.upper_parts.empty()) {
    CHECK(bound.upper_bound == capacity_leaving(topology, bound.upper_cut.nodes, false));
    CHECK(bound.upper_cut.compute_nodes > 0);
    CHECK(bound.upper_cut.compute_nodes < static_cast<int>(topology.num_ranks()));
    return;
  }
  Rational entering = 0;
  Rational leaving = 0;
  std::set<NodeId> seen;
  int ranks = 0;
  for (const auto& part : bound.upper_parts) {
    for (const NodeId node : part) CHECK(seen.insert(node).second);
    CHECK(ranks_in(topology, part) > 0);
    ranks += ranks_in(topology, part);
    leaving += capacity_leaving(topology, part, false);
    entering += capacity_leaving(topology, part, true);
  }
  CHECK(ranks == static_cast<int>(topology.num_ranks()));
  const auto joins = 2 * (static_cast<std::int64_t>(bound.upper_parts.size()) - 1);
  CHECK(bound.upper_bound == std::min(entering, leaving) / joins);
}

TEST_CASE("two GPUs at a thin link") {
  //   g0 --10--> g1     all-gather: each receives one half of the buffer,
  //      <--4---        so the thin direction gives 2 * 4
  Topology topology;
  topology.name = "pair";
  topology.nodes = {{"g0", NodeType::Gpu}, {"g1", NodeType::Gpu}};
  topology.ranks = {NodeId{0}, NodeId{1}};
  topology.links = {{NodeId{0}, NodeId{1}, {10}, {}}, {NodeId{1}, NodeId{0}, {4}, {}}};
  const Bound gather = compute_bound(topology, Collective::AllGather);
  CHECK(gather.algbw == Rational(8));
  CHECK(gather.tightest == Cut{{NodeId{1}}, 1, 4});
  CHECK(compute_bound(topology, Collective::Broadcast, 0).algbw == Rational(10));
  CHECK(compute_bound(topology, Collective::Broadcast, 1).algbw == Rational(4));
  CHECK(compute_bound(topology, Collective::Reduce, 0).algbw == Rational(4));
  CHECK(compute_bound(topology, Collective::ReduceScatter).algbw == Rational(8));
}

TEST_CASE("every reference machine has its exact all-gather optimum") {
  std::ifstream file(std::string(PLEACH_TEST_DATA) + "/reference/EXPECTED.json");
  const auto expected = nlohmann::json::parse(file);
  int checked = 0;
  for (const auto& [name, entry] : expected.items()) {
    if (entry["allgather_algbw"].is_null()) continue;
    CAPTURE(name);
    const Topology topology = reference(name);
    const Bound bound = compute_bound(topology, Collective::AllGather);
    CHECK(bound.algbw.to_string() == entry["allgather_algbw"].get<std::string>());
    CHECK(bound.max_flows <= 2 * static_cast<int>(topology.num_ranks()) - 1);
    check_witness(topology, bound);
    if (entry.contains("forestcoll_reference") &&
        entry["forestcoll_reference"].contains("trees_per_root")) {
      CHECK(bound.trees_per_root ==
            Integer(entry["forestcoll_reference"]["trees_per_root"].get<std::int64_t>()));
    }
    ++checked;
  }
  CHECK(checked == 50);
}

TEST_CASE("random machines of every kind equal brute force, in at most 2N - 1 max-flows") {
  std::mt19937_64 random(3);
  int checked = 0;
  for (int round = 0; round < 3000; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 5),
                                       .switches = static_cast<int>(random() % 3),
                                       .cycles = static_cast<int>(random() % 8),
                                       .extra_links = static_cast<int>(random() % 6),
                                       .rate_bits = std::vector{1, 4, 12, 40}[round % 4]};
    const Topology topology = round % 2 == 0 ? testing::random_balanced(random, shape)
                                             : testing::random_unbalanced(random, shape);
    const int root = static_cast<int>(random() % topology.num_ranks());
    CAPTURE(round);
    for (const Collective collective : {Collective::AllGather, Collective::ReduceScatter,
                                        Collective::Broadcast, Collective::Reduce}) {
      CAPTURE(name_of(collective));
      const Bound bound = compute_bound(topology, collective, root);
      CHECK(bound.algbw == testing::best_algbw(topology, collective, root));
      CHECK(bound.max_flows <= 2 * shape.ranks - 1);
      CHECK(bound.upper_bound == bound.algbw);
      check_witness(topology, bound);
      ++checked;
    }
  }
  CHECK(checked == 12000);
}

TEST_CASE("an allreduce's upper bound follows from its witness and is not below the construction") {
  std::mt19937_64 random(4);
  int optimal = 0;
  for (int round = 0; round < 400; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 6),
                                       .switches = static_cast<int>(random() % 3),
                                       .rate_bits = 1 + round % 5};
    const Topology topology = testing::random_unbalanced(random, shape);
    CAPTURE(round);
    const Bound bound = compute_bound(topology, Collective::AllReduce);
    CHECK(bound.algbw <= bound.upper_bound);
    check_upper_witness(topology, bound);
    optimal += bound.optimal() ? 1 : 0;
  }
  CHECK(optimal > 0);
}

TEST_CASE("healthy machines have a proved optimal allreduce") {
  for (const std::string name :
       {"a100_2box", "h100_2box", "h100_4box", "mi250_1box", "mi250_2box", "nvl72", "torus_4x4",
        "ring_8", "fattree16_over2", "hypercube_3"}) {
    CAPTURE(name);
    const Topology topology = reference(name);
    const Bound bound = compute_bound(topology, Collective::AllReduce);
    CHECK(bound.optimal());
    CHECK(bound.algbw * 2 == compute_bound(topology, Collective::AllGather).algbw);
    check_upper_witness(topology, bound);
  }
}

TEST_CASE("rates that overflow 64 bits stay exact") {
  // A star of three whose rates are coprime and near 2^70.
  const Integer huge = Integer(1'000'000'007) * 1'000'000'009 * 1'099;
  Topology topology;
  topology.name = "huge";
  topology.nodes = {
      {"a", NodeType::Gpu}, {"b", NodeType::Gpu}, {"c", NodeType::Gpu}, {"s", NodeType::Switch}};
  topology.ranks = {NodeId{0}, NodeId{1}, NodeId{2}};
  for (int i = 0; i < 3; ++i) {
    const Rational rate(huge + i, 7 + i);
    topology.links.push_back({NodeId{i}, NodeId{3}, {rate}, {}});
    topology.links.push_back({NodeId{3}, NodeId{i}, {rate}, {}});
  }
  for (const Collective collective : {Collective::AllGather, Collective::ReduceScatter}) {
    const Bound bound = compute_bound(topology, collective);
    CHECK(bound.algbw == testing::best_algbw(topology, collective, 0));
    CHECK(bound.max_flows <= 5);
    check_witness(topology, bound);
  }
}

}  // namespace
}  // namespace pleach
