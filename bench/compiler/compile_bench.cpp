#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"
#include "compiler/ir/schedule_json.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach::bench {
namespace {

struct Row {
  std::string name;  // of the catalogue
  Collective collective;
  std::string algbw;  // the known optimum
};

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void require(bool condition, const Row& row, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "%s: %s\n", row.name.c_str(), what.c_str());
  std::exit(1);
}

void compile(benchmark::State& state, const Row& row) {
  const auto text = catalogue_text(row.name);
  require(text.ok(), row, "not in the catalogue");
  PassSeconds passes;
  double read = 0;
  double verify = 0;
  double write = 0;
  double nodes = 0;
  double trees = 0;
  double bytes = 0;
  for ([[maybe_unused]] auto step : state) {
    double mark = seconds_now();
    const auto charge = [&mark](double& seconds) {
      const double now = seconds_now();
      seconds += now - mark;
      mark = now;
    };
    const auto topology = read_topology(text.value(), row.name);
    require(topology.ok(), row, "does not load");
    charge(read);
    const Compiled compiled =
        compile_schedule(topology.value(), {row.collective, 0, {}}, seconds_now);
    const Schedule& schedule = compiled.schedule;
    passes.bound += compiled.seconds.bound;
    passes.split += compiled.seconds.split;
    passes.pack += compiled.seconds.pack;
    mark = seconds_now();
    require(verify_schedule(schedule).valid(), row, "is not valid");
    charge(verify);
    const std::string file = write_schedule(schedule);
    charge(write);
    require(schedule.algbw.to_string() == row.algbw, row, "reaches " + schedule.algbw.to_string());
    nodes = static_cast<double>(topology.value().num_nodes());
    trees = static_cast<double>(schedule.broadcast_trees.size() + schedule.reduce_trees.size());
    bytes = static_cast<double>(file.size());
  }
  const auto per_step = [&](double seconds) {
    return 1e3 * seconds / static_cast<double>(state.iterations());
  };
  state.counters["nodes"] = nodes;
  state.counters["trees"] = trees;
  state.counters["read_ms"] = per_step(read);
  state.counters["bound_ms"] = per_step(passes.bound);
  state.counters["split_ms"] = per_step(passes.split);
  state.counters["pack_ms"] = per_step(passes.pack);
  state.counters["verify_ms"] = per_step(verify);
  state.counters["write_ms"] = per_step(write);
  state.counters["file_KiB"] = bytes / 1024;
}

}  // namespace

void register_compile_rows() {
  const std::vector<Row> rows = {
      {"dgx-a100-x2", Collective::AllGather, "1040/3"},
      {"mi250-x2", Collective::AllGather, "5312/15"},
      {"dgx-h100-x4", Collective::AllGather, "16000/31"},
      {"torus-8x8", Collective::AllGather, "12800/63"},
      {"nvl72", Collective::AllGather, "64800/71"},
      {"dgx-h100-x16", Collective::AllGather, "1280/3"},
      {"dgx-a100-x2", Collective::AllReduce, "520/3"},
      {"dgx-h100-x16", Collective::AllReduce, "640/3"},
  };
  for (const Row& row : rows) {
    const std::string name = "compile/" + row.name + "/" + std::string(name_of(row.collective));
    benchmark::RegisterBenchmark(name.c_str(), [row](benchmark::State& state) {
      compile(state, row);
    })->Unit(benchmark::kMillisecond);
  }
}

}  // namespace pleach::bench
