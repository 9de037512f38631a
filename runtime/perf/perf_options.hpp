// The command line of pleach-perf: nccl-tests' options, and a few of our own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/core/data_type.hpp"

namespace pleach::perf {

// What a row's time is, of the times that the threads measured.
enum class Average { FirstRank = 0, Mean = 1, Least = 2, Most = 3 };
// Shared: from pleachMemAlloc, which other processes read in place. Private: plain memory.
// On devices: shared memory is registered, private memory is not.
enum class Memory { Shared, Private };
// pleachConfig_t::backend.
enum class Backend { Host, Cuda, Emulated };
[[nodiscard]] const char* name_of(Backend backend);
[[nodiscard]] std::optional<Backend> backend_named(std::string_view name);

struct Options {
  std::string schedule;  // a file; its collective is what runs
  std::uint64_t min_bytes = std::uint64_t{32} << 20;
  std::optional<std::uint64_t> max_bytes = {};  // default: min_bytes
  std::uint64_t step_bytes = std::uint64_t{1} << 20;
  std::uint64_t step_factor = 1;  // above 1 it wins over step_bytes
  int iterations = 20;
  int warmup = 5;
  bool check = true;
  bool median = false;  // of the iterations, instead of their mean
  Average average = Average::Most;
  DataType dtype = DataType::Float32;
  ReduceOp op = ReduceOp::Sum;
  std::optional<int> root = {};  // only to insist: the schedule has it
  std::optional<int> processes = {};
  std::optional<int> threads = {};  // of each process
  std::optional<int> ranks = {};    // of each thread; default: what is left of the schedule's
  std::optional<Memory> memory = {};
  std::optional<Backend> backend = {};     // default: PLEACH_BACKEND, or the host
  std::vector<int> devices = {};           // of the ranks of a host, in turn; empty: all there are
  int replays = 0;                         // of recorded calls; 0: they are not recorded
  std::size_t offset = 0;                  // of every buffer from a cache line, in bytes
  std::optional<std::string> versus = {};  // "mpi", "gloo", "nccl"
  std::chrono::seconds timeout = std::chrono::seconds(60);
  bool json = false;
};

// Adds all options to `tool`; parsing writes to `options`, which must live as long.
void add_options(CLI::App& tool, Options& options);

}  // namespace pleach::perf
