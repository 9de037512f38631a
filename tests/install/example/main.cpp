// Bounds a machine, compiles an all-reduce for it, and runs that on the host.
#include <iostream>

#include "compiler/passes/pipeline.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "runtime/host_run.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: example TOPOLOGY\n";
    return 2;
  }
  const auto topology = pleach::load_topology(argv[1]);
  if (!topology.ok()) {
    for (const pleach::Diagnostic& mistake : topology.mistakes()) std::cerr << to_string(mistake);
    return 1;
  }
  pleach::CompileOptions options;
  options.collective = pleach::Collective::AllReduce;
  const pleach::Compiled compiled =
      pleach::compile_schedule(topology.value(), options, [] { return 0.0; });
  const pleach::Schedule& schedule = compiled.schedule;
  std::cout << topology.value().name << ": rate " << schedule.algbw << " GB/s, bound "
            << compiled.bound.algbw << " GB/s, "
            << (pleach::verify_schedule(schedule).valid() ? "valid" : "NOT valid") << "\n";

  pleach::RunOptions run;
  run.bytes = 1 << 20;
  run.check = true;
  run.iterations = 1;
  const auto report = pleach::run_on_host(schedule, run);
  if (!report.ok()) return 1;
  const pleach::RunRow& row = report.value().rows.front();
  std::cout << report.value().ranks << " ranks, " << row.bytes << " bytes, "
            << row.out_of_place.wrong.value() << " wrong\n";
}
