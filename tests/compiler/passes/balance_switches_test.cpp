#include "compiler/passes/balance_switches.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "compiler/lp/exact_simplex.hpp"
#include "compiler/passes/optimum.hpp"
#include "compiler/passes/remove_switches.hpp"
#include "compiler/passes/trim_capacities.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

// The best rate in GB/s from the definition: every node set that misses a sink is a row.
// Needs: at most 12 nodes.
Rational best_balanced_algbw(const DemandGraph& graph) {
  const int num_nodes = graph.network.num_nodes;
  const int num_arcs = static_cast<int>(graph.network.arcs.size());
  LinearProgram program;
  Integer all = 0;
  for (const FlowArc& arc : graph.network.arcs) {
    program.columns.push_back({0, Rational(arc.capacity), 0});
    all += arc.capacity;
  }
  program.columns.push_back({0, Rational(all), 1});
  for (int node = 0; node < num_nodes; ++node) {
    if (std::ranges::find(graph.compute, node) != graph.compute.end()) continue;
    LpRow row{{}, true};
    for (int arc = 0; arc < num_arcs; ++arc) {
      if (graph.network.arcs[arc].head == node) row.terms.emplace_back(arc, 1);
      if (graph.network.arcs[arc].tail == node) row.terms.emplace_back(arc, -1);
    }
    program.rows.push_back(row);
  }
  for (int bits = 1; bits < 1 << num_nodes; ++bits) {
    std::vector<bool> set(num_nodes);
    for (int node = 0; node < num_nodes; ++node) set[node] = (bits >> node & 1) != 0;
    if (std::ranges::all_of(graph.sinks, [&](int sink) { return set[sink]; })) continue;
    const Integer weight = weight_of(graph, set);
    if (weight.sign() == 0) continue;
    LpRow row{{{num_arcs, -weight}}, false};
    for (int arc = 0; arc < num_arcs; ++arc) {
      const FlowArc& ends = graph.network.arcs[arc];
      if (set[ends.tail] && !set[ends.head]) row.terms.emplace_back(arc, 1);
    }
    program.rows.push_back(row);
  }
  return graph.unit * Rational(graph.total_weight) * exact_simplex(program).objective;
}

// The inequality of ir/achievable.hpp, from its words.
Rational proved_limit(const DemandGraph& graph, const Achievable& achievable) {
  std::vector<Rational> potential(graph.network.num_nodes);
  for (const Potential& stated : achievable.potentials) {
    CHECK(std::ranges::find(graph.compute, index(stated.node)) == graph.compute.end());
    potential[index(stated.node)] = stated.value;
  }
  std::vector<std::vector<bool>> sets;
  Rational total = 0;
  for (const WeightedCut& cut : achievable.cuts) {
    CHECK(cut.weight.sign() > 0);
    std::vector<bool> set(graph.network.num_nodes);
    for (const NodeId node : cut.nodes) set[index(node)] = true;
    CHECK_FALSE(std::ranges::all_of(graph.sinks, [&](int sink) { return set[sink]; }));
    total += cut.weight * Rational(weight_of(graph, set), graph.total_weight);
    sets.push_back(set);
  }
  CHECK(total == Rational(1));
  Rational limit = 0;
  for (const FlowArc& arc : graph.network.arcs) {
    Rational price = potential[arc.head] - potential[arc.tail];
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i][arc.tail] && !sets[i][arc.head]) price += achievable.cuts[i].weight;
    }
    if (price.sign() > 0) limit += graph.unit * Rational(arc.capacity) * price;
  }
  return limit;
}

TEST_CASE("random unbalanced machines: the optimum over all node sets, proved and reached") {
  std::mt19937_64 random(31);
  int unbalanced = 0;
  int below_the_cuts = 0;
  for (int round = 0; round < 1000; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 4),
                                       .switches = 1 + static_cast<int>(random() % 3),
                                       .cycles = 1 + static_cast<int>(random() % 7),
                                       .extra_links = static_cast<int>(random() % 9),
                                       .rate_bits = std::vector{1, 3, 10, 40}[round / 2 % 4]};
    const Topology topology = round % 2 == 0 ? testing::random_faulty(random, shape)
                                             : testing::random_unbalanced(random, shape);
    const int root = static_cast<int>(random() % topology.num_ranks());
    const Collective collective =
        std::vector{Collective::AllGather, Collective::ReduceScatter, Collective::Broadcast,
                    Collective::Reduce}[round / 8 % 4];
    const DemandGraph graph = demand_graph(topology, collective, root);
    if (unbalanced_switches(graph).empty()) continue;
    ++unbalanced;
    CAPTURE(round);
    const TightestCut tightest = tightest_cut(graph);
    const BalancedGraph balanced = balance_switches(graph, tightest);
    CHECK(unbalanced_switches(balanced.graph).empty());
    for (std::size_t i = 0; i < graph.network.arcs.size(); ++i) {
      CHECK(balanced.graph.unit * Rational(balanced.graph.network.arcs[i].capacity) <=
            graph.unit * Rational(graph.network.arcs[i].capacity));
    }
    const Rational reached =
        balanced.graph.unit * Rational(graph.total_weight) / tightest_cut(balanced.graph).time;
    CHECK(tightest_cut(balanced.graph).time == balanced.time);
    CHECK(reached == balanced.achievable.algbw);
    CHECK(proved_limit(graph, balanced.achievable) == reached);
    CHECK(reached == best_balanced_algbw(graph));
    below_the_cuts += reached < graph.unit * Rational(graph.total_weight) / tightest.time ? 1 : 0;
  }
  CHECK(unbalanced > 700);
  CHECK(below_the_cuts > 80);
}

TEST_CASE("trimming changes no rate, keeps balance, and makes a path through a NIC even") {
  std::mt19937_64 random(32);
  int trimmed_some = 0;
  for (int round = 0; round < 400; ++round) {
    const testing::RandomMachine shape{.ranks = 2 + static_cast<int>(random() % 4),
                                       .switches = 1 + static_cast<int>(random() % 3),
                                       .cycles = 1 + static_cast<int>(random() % 5),
                                       .extra_links = static_cast<int>(random() % 5)};
    const bool is_balanced = round % 2 == 0;
    const Topology topology = is_balanced ? testing::random_balanced(random, shape)
                                          : testing::random_unbalanced(random, shape);
    const DemandGraph graph = demand_graph(topology, Collective::AllGather, 0);
    const DemandGraph trimmed = trim_capacities(graph);
    CAPTURE(round);
    if (is_balanced) CHECK(unbalanced_switches(trimmed).empty());
    CHECK(tightest_cut(trimmed).time == tightest_cut(graph).time);
    CHECK(find_optimum(trimmed).algbw() == find_optimum(graph).algbw());
    trimmed_some += capacity_leaving(trimmed, std::vector<bool>(graph.network.num_nodes, false)) ==
                                Integer(0) &&
                            !std::ranges::equal(trimmed.network.arcs, graph.network.arcs, {},
                                                &FlowArc::capacity, &FlowArc::capacity)
                        ? 1
                        : 0;
  }
  CHECK(trimmed_some > 20);

  // a --9--> nic --4--> b and back at 7 and 8.
  DemandGraph path;
  path.network = {3, {{0, 1, 9}, {1, 2, 4}, {2, 1, 7}, {1, 0, 8}}};
  path.unit = 1;
  path.weight = {1, 0, 1};
  path.total_weight = 2;
  path.compute = path.sinks = {0, 2};
  std::vector<Integer> capacities;
  for (const FlowArc& arc : trim_capacities(path).network.arcs) capacities.push_back(arc.capacity);
  CHECK(capacities == std::vector<Integer>{4, 4, 7, 7});
}

TEST_CASE("a switch that can send more than it receives: the largest balanced part") {
  // Three GPUs on a switch, 900 each way, but GPU 0 sends only 450.
  DemandGraph star;
  star.network = {4,
                  {{0, 3, 450}, {1, 3, 900}, {2, 3, 900}, {3, 0, 900}, {3, 1, 900}, {3, 2, 900}}};
  star.unit = 1;
  star.weight = {1, 1, 1, 0};
  star.total_weight = 3;
  star.compute = star.sinks = {0, 1, 2};
  const BalancedGraph balanced = balance_switches(star, tightest_cut(star));
  // 2250 enter the switch and two of three parts must leave it to each GPU.
  CHECK(balanced.achievable.algbw == Rational(1125));
  CHECK(proved_limit(star, balanced.achievable) == Rational(1125));
  CHECK(balance_whole(star).graph.has_value());
  for (Integer& weight : star.weight) weight *= 376;  // 375 is the most that balance allows
  star.total_weight *= 376;
  const WholeBalance too_little = balance_whole(star);
  CHECK_FALSE(too_little.graph.has_value());
  Rational sum = 0;
  for (std::size_t i = 0; i < too_little.price.size(); ++i) {
    CHECK(too_little.price[i].sign() >= 0);
    sum += too_little.price[i] * Rational(star.network.arcs[i].capacity);
  }
  CHECK(sum == Rational(375, 376));
}

}  // namespace
}  // namespace pleach
