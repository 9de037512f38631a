#include "runtime/perf/perf_options.hpp"

#include <limits>
#include <string_view>
#include <vector>

#include "compiler/cli/options.hpp"

namespace pleach::perf {
namespace {

using cli::add_parsed_option;
using cli::comma_list;

constexpr int kMost = 1 << 20;  // of anything that is counted

template <class Enum, std::size_t N>
std::vector<std::string_view> names(const std::array<Enum, N>& values) {
  std::vector<std::string_view> result;
  for (const Enum value : values) result.push_back(name_of(value));
  return result;
}

// Reads a whole number from `least` to `most`.
auto number(std::int64_t least, std::int64_t most = kMost) {
  return [least, most](std::string_view text) -> std::optional<int> {
    const auto value = cli::parse_count(text, least);
    if (!value || *value > most) return std::nullopt;
    return static_cast<int>(*value);
  };
}

std::optional<bool> flag_named(std::string_view text) {
  if (text == "0") return false;
  if (text == "1") return true;
  return std::nullopt;
}

std::optional<Average> average_numbered(std::string_view text) {
  const auto value = number(0, 3)(text);
  return value ? std::optional(static_cast<Average>(*value)) : std::nullopt;
}

std::optional<Memory> memory_named(std::string_view text) {
  if (text == "shared") return Memory::Shared;
  if (text == "private") return Memory::Private;
  return std::nullopt;
}

std::optional<std::string> rival_named(std::string_view text) {
  if (text != "mpi" && text != "gloo" && text != "nccl") return std::nullopt;
  return std::string(text);
}

// "0,0,1"
std::optional<std::vector<int>> device_list(std::string_view text) {
  std::vector<int> devices;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    const auto device = number(0, 1023)(text.substr(0, comma));
    if (!device) return std::nullopt;
    devices.push_back(*device);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return devices;
}

void add_sizes(CLI::App& tool, Options& options) {
  const std::string size = "a whole number of bytes above 0, e.g. 64M";
  add_parsed_option(tool,
                    {.name = "-b,--minbytes",
                     .value = "SIZE",
                     .description = "the smallest whole buffer, as nccl-tests counts it; K, M and "
                                    "G are powers of 1024; default 32M",
                     .expected = size},
                    options.min_bytes, cli::parse_size);
  add_parsed_option(tool,
                    {.name = "-e,--maxbytes",
                     .value = "SIZE",
                     .description = "the largest one; default: the smallest",
                     .expected = size},
                    options.max_bytes, cli::parse_size);
  add_parsed_option(tool,
                    {.name = "-i,--stepbytes",
                     .value = "SIZE",
                     .description = "from one size to the next; default 1M",
                     .expected = size},
                    options.step_bytes, cli::parse_size);
  add_parsed_option(tool,
                    {.name = "-f,--stepfactor",
                     .value = "F",
                     .description = "multiplies instead of adding, when above 1",
                     .expected = "a whole number from 1 on"},
                    options.step_factor, number(1));
}

void add_measuring(CLI::App& tool, Options& options) {
  add_parsed_option(tool,
                    {.name = "-n,--iters",
                     .value = "N",
                     .description = "timed calls of each size; default 20",
                     .expected = "a whole number from 1 on"},
                    options.iterations, number(1));
  add_parsed_option(tool,
                    {.name = "-w,--warmup_iters",
                     .value = "N",
                     .description = "calls before them, not timed; default 5",
                     .expected = "a whole number from 0 on"},
                    options.warmup, number(0));
  add_parsed_option(tool,
                    {.name = "-c,--check",
                     .value = "0|1",
                     .description = "compare every element with an independent computation; "
                                    "default 1",
                     .expected = "0 or 1"},
                    options.check, flag_named);
  add_parsed_option(tool,
                    {.name = "-a,--average",
                     .value = "0-3",
                     .description = "of the times of all threads, report that of rank 0 (0), the "
                                    "mean (1), the least (2) or the most (3, the default)",
                     .expected = "0, 1, 2 or 3"},
                    options.average, average_numbered);
  tool.add_flag("--median", options.median,
                "the median of the timed calls, each timed alone, instead of their mean");
  add_parsed_option(tool,
                    {.name = "--timeout",
                     .value = "SECONDS",
                     .description = "give up when nothing moves for so long; default 60",
                     .expected = "a whole number of seconds above 0"},
                    options.timeout,
                    [](std::string_view text) -> std::optional<std::chrono::seconds> {
                      const auto seconds = number(1)(text);
                      return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
                    });
}

void add_call(CLI::App& tool, Options& options) {
  const auto dtypes = names(kDataTypes);
  add_parsed_option(tool,
                    {.name = "-d,--datatype",
                     .value = "TYPE",
                     .description = comma_list(dtypes) + "; default float32",
                     .expected = "one of " + comma_list(dtypes),
                     .names = dtypes},
                    options.dtype, data_type_named);
  const auto ops = names(kReduceOps);
  add_parsed_option(tool,
                    {.name = "-o,--op",
                     .value = "OP",
                     .description = comma_list(ops) + "; default sum; of no effect on allgather "
                                                      "and broadcast",
                     .expected = "one of " + comma_list(ops),
                     .names = ops},
                    options.op, reduce_op_named);
  add_parsed_option(tool,
                    {.name = "-r,--root",
                     .value = "R",
                     .description = "the root of broadcast and reduce; the schedule fixes it, and "
                                    "another one is an error",
                     .expected = "a rank, a whole number from 0 on"},
                    options.root, number(0));
}

void add_ranks(CLI::App& tool, Options& options) {
  add_parsed_option(tool,
                    {.name = "--processes",
                     .value = "P",
                     .description = "processes on this machine, forked; default 1; not under a "
                                    "launcher, like the next two",
                     .expected = "a whole number from 1 on"},
                    options.processes, number(1, 1024));
  add_parsed_option(tool,
                    {.name = "-t,--nthreads",
                     .value = "T",
                     .description = "threads of each process; default 1",
                     .expected = "a whole number from 1 on"},
                    options.threads, number(1, 1024));
  add_parsed_option(tool,
                    {.name = "-g,--ngpus",
                     .value = "G",
                     .description = "ranks of each thread, driven in one group; default: the "
                                    "schedule's ranks, divided among the threads",
                     .expected = "a whole number from 1 on"},
                    options.ranks, number(1));
  add_parsed_option(tool,
                    {.name = "--memory",
                     .value = "KIND",
                     .description = "buffers: shared (pleachMemAlloc, on GPUs pleachCommRegister; "
                                    "the default for several processes) or private (the default "
                                    "for one)",
                     .expected = "shared or private",
                     .names = {"shared", "private"}},
                    options.memory, memory_named);
  add_parsed_option(tool,
                    {.name = "--offset",
                     .value = "N",
                     .description = "move every buffer N bytes away from its cache line; default 0",
                     .expected = "a whole number from 0 to 4096"},
                    options.offset, number(0, 4096));
}

void add_devices(CLI::App& tool, Options& options) {
  add_parsed_option(tool,
                    {.name = "--backend",
                     .value = "BACKEND",
                     .description = "host, cuda, emulated (buffers in memory of the process, on "
                                    "GPUs, on threads that run the GPUs' kernels); default "
                                    "PLEACH_BACKEND, or host",
                     .expected = "host, cuda or emulated",
                     .names = {"host", "cuda", "emulated"}},
                    options.backend, backend_named);
  add_parsed_option(tool,
                    {.name = "--devices",
                     .value = "LIST",
                     .description = "the GPUs of the ranks of each host, in turn, e.g. 0,0,1; "
                                    "default: all GPUs there are",
                     .expected = "numbers of GPUs with commas between, e.g. 0,0,1"},
                    options.devices, device_list);
  add_parsed_option(tool,
                    {.name = "-G,--cudagraph",
                     .value = "N",
                     .description = "record the timed calls as a CUDA graph and time N replays of "
                                    "it; default 0: none",
                     .expected = "a whole number from 0 on"},
                    options.replays, number(0));
}

}  // namespace

const char* name_of(Backend backend) {
  switch (backend) {
    case Backend::Cuda: return "cuda";
    case Backend::Emulated: return "emulated";
    case Backend::Host: break;
  }
  return "host";
}

std::optional<Backend> backend_named(std::string_view name) {
  for (const Backend backend : {Backend::Host, Backend::Cuda, Backend::Emulated}) {
    if (name == name_of(backend)) return backend;
  }
  return std::nullopt;
}

void add_options(CLI::App& tool, Options& options) {
  tool.add_option("--schedule", options.schedule,
                  "a pleach-schedule/1 file, or \"-\" for standard input; its collective is what "
                  "is measured")
      ->type_name("FILE")
      ->required();
  add_sizes(tool, options);
  add_measuring(tool, options);
  add_call(tool, options);
  add_ranks(tool, options);
  add_devices(tool, options);
  add_parsed_option(
      tool,
      {.name = "--vs",
       .value = "RIVAL",
       .description = "measure a rival too, call by call beside ours, on the same "
                      "buffers: nccl (on GPUs), or with one rank a process mpi (under its "
                      "mpirun) or gloo",
       .expected = "mpi, gloo or nccl",
       .names = {"mpi", "gloo", "nccl"}},
      options.versus, rival_named);
  cli::add_json_flag(tool, options.json);
}

}  // namespace pleach::perf
