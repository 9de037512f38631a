#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/runtime/rows.hpp"
#include "runtime/stream_copy.hpp"

namespace pleach::bench {
namespace {

constexpr std::size_t kRanks = 4;

// What each thread copies for one time, so that starting it costs nothing beside.
constexpr std::size_t kBytesCopied = std::size_t{256} << 20;

// All parts to one rank's result.
void gather(const std::array<std::vector<std::byte>, kRanks>& parts,
            std::vector<std::byte>& result,
            bool streams) {
  std::byte* into = result.data();
  for (const std::vector<std::byte>& part : parts) {
    if (streams) {
      stream_copy(into, part.data(), part.size());
    } else {
      std::memcpy(into, part.data(), part.size());
    }
    into += part.size();
  }
  if (streams) end_stream_copies();
  benchmark::ClobberMemory();
}

bool gathered(const std::array<std::vector<std::byte>, kRanks>& parts,
              const std::vector<std::byte>& result) {
  const std::byte* at = result.data();
  for (const std::vector<std::byte>& part : parts) {
    if (std::memcmp(at, part.data(), part.size()) != 0) return false;
    at += part.size();
  }
  return true;
}

void gather_everywhere(benchmark::State& state, std::size_t bytes, bool streams) {
  std::array<std::vector<std::byte>, kRanks> parts;
  std::array<std::vector<std::byte>, kRanks> results;
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    parts[rank].assign(bytes / kRanks, static_cast<std::byte>(rank + 1));
    results[rank].assign(bytes, std::byte{0});
  }
  const std::size_t rounds = kBytesCopied / bytes;
  for ([[maybe_unused]] auto step : state) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> ranks;
    for (std::vector<std::byte>& result : results) {
      ranks.emplace_back([&] {
        for (std::size_t round = 0; round < rounds; ++round) gather(parts, result, streams);
      });
    }
    for (std::thread& rank : ranks) rank.join();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(time.count() / static_cast<double>(rounds));
  }
  for (const std::vector<std::byte>& result : results) {
    if (gathered(parts, result)) continue;
    std::fputs("gather: wrong\n", stderr);
    std::exit(1);
  }
}

}  // namespace

void register_gather_rows() {
  for (const std::size_t mebibytes : {1, 4, 16, 64}) {
    for (const bool streams : {false, true}) {
      const std::string name =
          "gather/" + std::to_string(mebibytes) + "MiB" + (streams ? "/past_the_caches" : "");
      benchmark::RegisterBenchmark(
          name.c_str(),
          [=](benchmark::State& state) { gather_everywhere(state, mebibytes << 20U, streams); })
          ->UseManualTime()
          ->Iterations(5)
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace pleach::bench
