// Benchmarks of the compiler. Every row asserts its answer; a wrong one ends the run with exit 1.
//
//   build/release/bench_compiler [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include "bench/compiler/rows.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  pleach::bench::register_bound_rows();
  pleach::bench::register_compile_rows();
  pleach::bench::register_fault_rows();
  pleach::bench::register_flow_rows();
  pleach::bench::register_random_rows();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
