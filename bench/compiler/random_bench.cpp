#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::bench {
namespace {

struct RandomMachine {
  int ranks = 0;
  int switches = 0;
  int walks = 0;  // each about half the nodes long
};

constexpr std::uint64_t kSeed = 1;

std::uint64_t below(std::mt19937_64& random, std::size_t limit) { return random() % limit; }

void shuffle(std::mt19937_64& random, std::vector<int>& nodes) {
  for (std::size_t i = nodes.size(); i > 1; --i) std::swap(nodes[i - 1], nodes[below(random, i)]);
}

// Closed walks over random nodes, the first over all of them; each adds 1 … 16 GB/s to its links,
// so that every node has as much capacity in as out and no two nodes are alike.
Topology random_topology(const RandomMachine& machine) {
  std::mt19937_64 random(kSeed);
  const int num_nodes = machine.ranks + machine.switches;
  std::vector<int> nodes(num_nodes);
  std::iota(nodes.begin(), nodes.end(), 0);
  std::map<std::pair<int, int>, std::int64_t> rates;
  for (int walk = 0; walk <= machine.walks; ++walk) {
    shuffle(random, nodes);
    const std::size_t stops = walk == 0 ? nodes.size() : 2 + below(random, nodes.size() - 1);
    const auto rate = static_cast<std::int64_t>(1 + below(random, 16));
    for (std::size_t i = 0; i < stops; ++i) rates[{nodes[i], nodes[(i + 1) % stops]}] += rate;
  }
  Topology topology;
  topology.name = "random";
  for (int node = 0; node < num_nodes; ++node) {
    const bool is_rank = node < machine.ranks;
    topology.nodes.push_back({(is_rank ? "gpu" : "switch") + std::to_string(node),
                              is_rank ? NodeType::Gpu : NodeType::Switch});
    if (is_rank) topology.ranks.push_back(static_cast<NodeId>(node));
  }
  for (const auto& [ends, rate] : rates) {
    topology.links.push_back({static_cast<NodeId>(ends.first),
                              static_cast<NodeId>(ends.second),
                              {Rational(Integer(rate))},
                              {}});
  }
  return topology;
}

void compile(benchmark::State& state, const RandomMachine& machine) {
  const Topology topology = random_topology(machine);
  const auto no_clock = [] { return 0.0; };
  for ([[maybe_unused]] auto step : state) {
    const Compiled compiled = compile_schedule(topology, {}, no_clock);
    if (!verify_schedule(compiled.schedule).valid() ||
        compiled.schedule.algbw != compiled.bound.best()) {
      std::fprintf(stderr, "random machine of %d ranks: wrong schedule\n", machine.ranks);
      std::exit(1);
    }
    state.counters["links"] = static_cast<double>(topology.links.size());
    state.counters["trees"] = static_cast<double>(compiled.schedule.broadcast_trees.size());
  }
}

}  // namespace

void register_random_rows() {
  for (const RandomMachine& machine :
       {RandomMachine{128, 0, 12}, RandomMachine{128, 8, 12}, RandomMachine{128, 0, 100},
        RandomMachine{256, 0, 12}, RandomMachine{256, 16, 12}, RandomMachine{256, 0, 100}}) {
    const std::string name = "random/" + std::to_string(machine.ranks) + "+" +
                             std::to_string(machine.switches) + "/" + std::to_string(machine.walks);
    benchmark::RegisterBenchmark(name.c_str(), [machine](benchmark::State& state) {
      compile(state, machine);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace pleach::bench
