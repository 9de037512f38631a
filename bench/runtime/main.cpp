// Benchmarks of the runtime. Every row asserts its answer; a wrong one ends the run with exit 1.
//
//   build/release/bench_runtime [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include "bench/runtime/rows.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  pleach::bench::register_combine_rows();
  pleach::bench::register_gather_rows();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
