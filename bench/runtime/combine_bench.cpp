#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/runtime/rows.hpp"
#include "runtime/combine.hpp"
#include "runtime/reference.hpp"

namespace pleach::bench {
namespace {

// Five of them are 320 KiB: out of the first-level cache, within the second.
constexpr std::size_t kPieceBytes = 64 << 10;

struct Row {
  DataType dtype;
  ReduceOp op;
  int sources;
  VectorUnit unit;
};

std::string name_of(const Row& row) {
  std::string name = "combine/" + std::string(pleach::name_of(row.dtype)) + "/" +
                     std::string(pleach::name_of(row.op)) + "/" + std::to_string(row.sources);
  if (row.unit == VectorUnit::Portable) name += "/portable";
  return name;
}

// The sources are the inputs of so many ranks of an all-reduce, whose result is known.
void combine_pieces(benchmark::State& state, const Row& row) {
  const CollectiveCall call{.collective = Collective::AllReduce,
                            .ranks = row.sources,
                            .count = kPieceBytes / size_of(row.dtype),
                            .dtype = row.dtype,
                            .op = row.op};
  std::vector<std::vector<std::byte>> memory(row.sources, std::vector<std::byte>(kPieceBytes));
  std::vector<const std::byte*> sources;
  for (int s = 0; s < row.sources; ++s) {
    fill_input(call, s, memory[s].data());
    sources.push_back(memory[s].data());
  }
  std::vector<std::byte> result(kPieceBytes);
  const int divisor = row.op == ReduceOp::Avg ? row.sources : 0;
  const CombineFunction combine = combine_function(row.dtype, row.op, row.unit);
  for ([[maybe_unused]] auto step : state) {
    combine(result.data(), sources, call.count, divisor);
    benchmark::ClobberMemory();
  }
  const std::vector<const std::byte*> outputs(row.sources, result.data());
  if (count_wrong(call, outputs) != 0) {
    std::fprintf(stderr, "%s: wrong\n", name_of(row).c_str());
    std::exit(1);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>((row.sources + 1) * kPieceBytes));
}

void register_row(const Row& row) {
  benchmark::RegisterBenchmark(name_of(row).c_str(), [row](benchmark::State& state) {
    combine_pieces(state, row);
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace

void register_combine_rows() {
  const VectorUnit best = best_vector_unit();
  for (const DataType dtype : kDataTypes) {
    for (const ReduceOp op : kReduceOps) {
      for (const int sources : {2, 4}) {
        register_row({dtype, op, sources, best});
        if (best != VectorUnit::Portable) {
          register_row({dtype, op, sources, VectorUnit::Portable});
        }
      }
    }
  }
}

}  // namespace pleach::bench
