#include "runtime/perf/perf_options.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace pleach::perf {
namespace {

// `words` after the schedule. Throws CLI::ParseError.
Options parsed(std::vector<std::string> words) {
  CLI::App tool;
  Options options;
  add_options(tool, options);
  words.insert(words.begin(), {"--schedule", "s.json"});
  std::ranges::reverse(words);  // CLI11 takes them from the end
  tool.parse(words);
  return options;
}

std::string mistake(const std::vector<std::string>& words) {
  try {
    parsed(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("nccl-tests' options, short and long") {
  const Options given =
      parsed({"-b", "8",  "-e", "128M", "-f",   "2",  "-i",  "3K", "-n", "7",  "-w", "0",  "-c",
              "0",  "-a", "1",  "-d",   "half", "-o", "max", "-r", "2",  "-t", "3",  "-g", "4"});
  CHECK(given.schedule == "s.json");
  CHECK(given.min_bytes == 8);
  CHECK(given.max_bytes == std::uint64_t{128} << 20);
  CHECK(given.step_factor == 2);
  CHECK(given.step_bytes == 3072);
  CHECK(given.iterations == 7);
  CHECK(given.warmup == 0);
  CHECK_FALSE(given.check);
  CHECK(given.average == Average::Mean);
  CHECK(given.dtype == DataType::Float16);
  CHECK(given.op == ReduceOp::Max);
  CHECK(given.root == 2);
  CHECK(given.threads == 3);
  CHECK(given.ranks == 4);
  CHECK_FALSE(given.processes);
  const Options spelled = parsed({"--minbytes", "1G", "--maxbytes", "2G", "--stepfactor", "4",
                                  "--iters", "3", "--nthreads", "2", "--ngpus", "5"});
  CHECK(spelled.min_bytes == std::uint64_t{1} << 30);
  CHECK(spelled.max_bytes == std::uint64_t{2} << 30);
  CHECK(spelled.step_factor == 4);
  CHECK(spelled.iterations == 3);
  CHECK(spelled.threads == 2);
  CHECK(spelled.ranks == 5);
}

TEST_CASE("our own options") {
  const Options given = parsed({"--processes", "4", "--memory", "private", "--offset", "3", "--vs",
                                "gloo", "--median", "--json", "--timeout", "9"});
  CHECK(given.processes == 4);
  CHECK(given.memory == Memory::Private);
  CHECK(given.offset == 3);
  CHECK(given.versus == "gloo");
  CHECK(given.median);
  CHECK(given.json);
  CHECK(given.timeout == std::chrono::seconds(9));
}

TEST_CASE("options of devices") {
  const Options given = parsed({"--backend", "cuda", "--devices", "0,0,12", "-G", "5"});
  CHECK(given.backend == Backend::Cuda);
  CHECK(given.devices == std::vector<int>{0, 0, 12});
  CHECK(given.replays == 5);
  const Options plain = parsed({"--cudagraph", "0", "--devices", "3", "--vs", "nccl"});
  CHECK_FALSE(plain.backend);
  CHECK(plain.devices == std::vector<int>{3});
  CHECK(plain.replays == 0);
  CHECK(plain.versus == "nccl");
  for (const Backend backend : {Backend::Host, Backend::Cuda, Backend::Emulated}) {
    CHECK(backend_named(name_of(backend)) == backend);
  }
}

TEST_CASE("a value that will not do is named, and what would") {
  CHECK(mistake({"-b", "1T"}) ==
        "--minbytes can not be \"1T\"; expected a whole number of bytes above 0, e.g. 64M");
  CHECK(mistake({"-n", "0"}) == "--iters can not be \"0\"; expected a whole number from 1 on");
  CHECK(mistake({"-c", "2"}) == "--check can not be \"2\"; expected 0 or 1");
  CHECK(mistake({"-a", "4"}) == "--average can not be \"4\"; expected 0, 1, 2 or 3");
  CHECK(mistake({"-d", "float31"}).find("did you mean \"float32\"?") != std::string::npos);
  CHECK(mistake({"--vs", "rccl"}) ==
        "--vs can not be \"rccl\"; expected mpi, gloo or nccl; did you mean \"nccl\"?");
  CHECK(mistake({"--backend", "gpu"}) ==
        "--backend can not be \"gpu\"; expected host, cuda or emulated");
  for (const std::string list : {"0,", ",1", "1,,2", "-1", "0;1", ""}) {
    CHECK(mistake({"--devices", list})
              .ends_with("expected numbers of GPUs with commas between, e.g. 0,0,1"));
  }
  CHECK(mistake({"-G", "-1"}) ==
        "--cudagraph can not be \"-1\"; expected a whole number from 0 on");
  CHECK(mistake({"--memory", "sharde"}).find("did you mean \"shared\"?") != std::string::npos);
  CHECK(mistake({"-t", "99999999999999999999"}) ==
        "--nthreads can not be \"99999999999999999999\"; expected a whole number from 1 on");
}

}  // namespace
}  // namespace pleach::perf
