#include <cstdio>
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/graph/max_flow.hpp"
#include "compiler/passes/demand_graph.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::bench {
namespace {

DemandGraph demand_of(const std::string& name) {
  const auto topology = load_topology(name);
  if (!topology.ok()) {
    std::fprintf(stderr, "%s: not in the catalogue\n", name.c_str());
    std::exit(1);
  }
  return demand_graph(topology.value(), Collective::AllGather, 0);
}

// From the first rank to the last.
void flow(benchmark::State& state, const std::string& name, bool boost) {
  const DemandGraph demand = demand_of(name);
  const int source = demand.compute.front();
  const int sink = demand.compute.back();
  const Integer expected = boost_max_flow(demand.network, source, sink).value;
  MaxFlowSolver solver(demand.network);
  for ([[maybe_unused]] auto step : state) {
    const Integer value =
        boost ? boost_max_flow(demand.network, source, sink).value : solver.value(source, sink);
    if (value != expected) {
      std::fprintf(stderr, "%s: wrong flow\n", name.c_str());
      std::exit(1);
    }
  }
}

}  // namespace

void register_flow_rows() {
  for (const std::string name : {"dgx-h100-x16", "torus-8x8", "nvl72"}) {
    for (const bool boost : {false, true}) {
      const std::string row = (boost ? "flow/boost/" : "flow/lemon/") + name;
      benchmark::RegisterBenchmark(row.c_str(), [name, boost](benchmark::State& state) {
        flow(state, name, boost);
      })->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace pleach::bench
