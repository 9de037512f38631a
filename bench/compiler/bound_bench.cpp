#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/passes/optimum.hpp"
#include "compiler/passes/scale_capacities.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::bench {
namespace {

struct Row {
  std::string name;   // of the catalogue, or of a file in bench/topologies
  std::string algbw;  // the optimum
};

[[noreturn]] void fail(const Row& row, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", row.name.c_str(), what.c_str());
  std::exit(1);
}

Topology machine(const Row& row) {
  const bool in_catalogue = row.name.starts_with("torus-");
  auto loaded = load_topology(
      in_catalogue ? row.name : PLEACH_SOURCE_DIR "/bench/topologies/" + row.name + ".json");
  if (!loaded.ok()) fail(row, "does not load");
  return std::move(loaded).value();
}

// The optimum and its cut, from the topology in memory.
void bound(benchmark::State& state, const Row& row) {
  const Topology topology = machine(row);
  for ([[maybe_unused]] auto step : state) {
    const Optimum optimum = find_optimum(demand_graph(topology, Collective::AllGather, 0));
    if (optimum.algbw().to_string() != row.algbw) fail(row, optimum.algbw().to_string());
    state.counters["max_flows"] = static_cast<double>(optimum.tightest.max_flows);
  }
  state.counters["gpus"] = static_cast<double>(topology.num_ranks());
  state.counters["nodes"] = static_cast<double>(topology.num_nodes());
  state.counters["links"] = static_cast<double>(topology.links.size());
}

// What 1 … 10 trees per root reach.
void tree_table(benchmark::State& state, const Row& row) {
  const Optimum optimum = find_optimum(demand_graph(machine(row), Collective::AllGather, 0));
  for ([[maybe_unused]] auto step : state) {
    for (std::int64_t trees = 1; trees <= 10; ++trees) {
      const DemandGraph graph = scale_to_tree_count(optimum, trees).graph;
      const Rational rate = graph.unit * Rational(graph.total_weight);
      if (rate > optimum.algbw()) fail(row, "more than the optimum");
      state.counters["percent_" + std::to_string(trees)] =
          (rate / optimum.algbw() * 100).to_double();
    }
  }
}

}  // namespace

void register_bound_rows() {
  for (const Row& row : {Row{"rail-1024", "51200/127"},
                         {"rail3-1024", "51200/127"},
                         {"kary-16", "51200/1023"},
                         {"torus-32x32", "204800/1023"},
                         {"torus-16x8x8", "102400/341"},
                         {"nvl72-x15", "1026000/1079"},
                         {"rail-1024-worn", "48000/127"},
                         {"rail-4096", "204800/511"},
                         {"rail3-4096", "204800/511"},
                         {"kary-24", "34560/691"},
                         {"torus-64x64", "163840/819"},
                         {"torus-16x16x16", "81920/273"},
                         {"nvl72-x56", "3830400/4031"},
                         {"rail-16384", "819200/2047"},
                         {"rail3-16384", "819200/2047"},
                         {"kary-40", "800000/15999"},
                         {"torus-128x128", "3276800/16383"},
                         {"torus-16x32x32", "1638400/5461"},
                         {"nvl72-x224", "15321600/16127"}}) {
    benchmark::RegisterBenchmark(("bound/" + row.name).c_str(), [row](benchmark::State& state) {
      bound(state, row);
    })->Unit(benchmark::kMillisecond);
  }
  for (const Row& row : {Row{"rail-1024-worn", ""}, {"torus-16x8x8", ""}, {"nvl72-x15", ""}}) {
    benchmark::RegisterBenchmark(("k_table/" + row.name).c_str(), [row](benchmark::State& state) {
      tree_table(state, row);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace pleach::bench
