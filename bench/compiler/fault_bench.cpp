#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::bench {
namespace {

struct Fault {
  std::string machine;  // of the catalogue
  std::string from;     // the direction of a link that has half its rate left
  std::string to;
  std::string algbw;  // what is achievable then
};

[[noreturn]] void fail(const Fault& fault, const std::string& what) {
  std::fprintf(stderr, "%s, %s -> %s: %s\n", fault.machine.c_str(), fault.from.c_str(),
               fault.to.c_str(), what.c_str());
  std::exit(1);
}

Topology faulty(const Fault& fault) {
  auto loaded = load_topology(fault.machine);
  if (!loaded.ok()) fail(fault, "not in the catalogue");
  Topology topology = std::move(loaded).value();
  const auto link = std::ranges::find_if(topology.links, [&](const Link& candidate) {
    return topology.node(candidate.from).id == fault.from &&
           topology.node(candidate.to).id == fault.to;
  });
  if (link == topology.links.end()) fail(fault, "no such link");
  link->bandwidth.gigabytes_per_second /= Rational(2);
  return topology;
}

void bound(benchmark::State& state, const Fault& fault) {
  const Topology topology = faulty(fault);
  Bound found;
  for ([[maybe_unused]] auto step : state) {
    found = compute_bound(topology, Collective::AllGather);
    if (found.best().to_string() != fault.algbw) fail(fault, found.best().to_string());
  }
  if (found.achievable) {
    state.counters["cuts"] = static_cast<double>(found.achievable->cuts.size());
    state.counters["potentials"] = static_cast<double>(found.achievable->potentials.size());
  }
}

void compile(benchmark::State& state, const Fault& fault) {
  const Topology topology = faulty(fault);
  const auto no_clock = [] { return 0.0; };
  for ([[maybe_unused]] auto step : state) {
    const Compiled compiled = compile_schedule(topology, {}, no_clock);
    if (!verify_schedule(compiled.schedule).valid()) fail(fault, "not valid");
    if (compiled.schedule.algbw.to_string() != fault.algbw) {
      fail(fault, "reaches " + compiled.schedule.algbw.to_string());
    }
    state.counters["trees"] = static_cast<double>(compiled.schedule.broadcast_trees.size());
  }
}

}  // namespace

void register_fault_rows() {
  for (const Fault& fault : {Fault{"dgx-a100-x2", "box0/gpu0", "box0/nvswitch", "980/3"},
                             Fault{"dgx-h100-x4", "box0/gpu0", "box0/nvswitch", "15100/31"},
                             Fault{"nvl72", "rack0/gpu0", "rack0/nvswitch", "64350/71"},
                             Fault{"dgx-h100-x16", "box0/nic0", "ib/leaf0", "425"},
                             Fault{"dgx-a100-x16", "box0/nic0", "ib0", "425/2"}}) {
    const std::string name = fault.machine + "/" + fault.from + "->" + fault.to;
    benchmark::RegisterBenchmark(("fault/bound/" + name).c_str(), [fault](benchmark::State& state) {
      bound(state, fault);
    })->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("fault/compile/" + name).c_str(), [fault](
                                                                        benchmark::State& state) {
      compile(state, fault);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace pleach::bench
