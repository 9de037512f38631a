#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/graph/max_flow.hpp"
#include "compiler/passes/feasibility.hpp"
#include "compiler/passes/optimum.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::bench {
namespace {

enum class Engine { Pulled, Lemon, Boost };

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", name.c_str(), what.c_str());
  std::exit(1);
}

// The machine's links in unit trees, at the optimum.
DemandGraph trees_of(const std::string& name) {
  const bool in_catalogue = !name.starts_with("rail-") && !name.starts_with("kary-");
  const auto topology =
      load_topology(in_catalogue ? name : PLEACH_SOURCE_DIR "/bench/topologies/" + name + ".json");
  if (!topology.ok()) fail(name, "does not load");
  return scale_to_optimum(find_optimum(demand_graph(topology.value(), Collective::AllGather, 0)))
      .graph;
}

// One flow for each sink with a general max-flow: a super source, and nothing is remembered from
// one sink to the next.
bool feasible(const DemandGraph& graph, MaxFlowSolver& solver, int source) {
  return std::ranges::all_of(
      graph.sinks, [&](int sink) { return solver.value(source, sink) == graph.total_weight; });
}

FlowNetwork with_source(const DemandGraph& graph) {
  FlowNetwork network = graph.network;
  const int source = network.num_nodes++;
  for (const int node : graph.compute) network.arcs.push_back({source, node, graph.weight[node]});
  return network;
}

// Whether all trees fit: one flow to each compute node.
void sweep(benchmark::State& state, const std::string& name, Engine engine) {
  const DemandGraph graph = trees_of(name);
  const FlowNetwork network = with_source(graph);
  const int source = graph.network.num_nodes;
  MaxFlowSolver lemon(network);
  FeasibilityChecker pulled(graph);
  for ([[maybe_unused]] auto step : state) {
    bool holds = false;
    switch (engine) {
      case Engine::Pulled: holds = pulled.feasible(); break;
      case Engine::Lemon: holds = feasible(graph, lemon, source); break;
      case Engine::Boost:
        holds = std::ranges::all_of(graph.sinks, [&](int sink) {
          return boost_max_flow(network, source, sink).value == graph.total_weight;
        });
        break;
    }
    if (!holds) fail(name, "the optimum does not fit");
  }
  state.counters["flows"] = static_cast<double>(graph.sinks.size());
}

}  // namespace

void register_flow_rows() {
  const std::vector<std::pair<std::string, Engine>> engines = {
      {"pulled", Engine::Pulled}, {"lemon", Engine::Lemon}, {"boost", Engine::Boost}};
  for (const std::string name :
       {"dgx-h100-x16", "torus-8x8", "nvl72", "torus-32x32", "rail-1024", "kary-16"}) {
    for (const auto& [label, engine] : engines) {
      const bool large = name.ends_with("1024") || name.ends_with("-16") || name == "torus-32x32";
      if (engine == Engine::Boost && large) continue;  // minutes
      benchmark::RegisterBenchmark(
          ("flow/" + label + "/" + name).c_str(),
          [name, engine](benchmark::State& state) { sweep(state, name, engine); })
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace pleach::bench
