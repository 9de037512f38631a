#include "compiler/tune/measurements.hpp"

#include <doctest/doctest.h>

namespace pleach::tune {
namespace {

using nccl::Algorithm;
using nccl::Protocol;

TEST_CASE("columns by name, in any order and case; others are passed over") {
  const auto read = read_measurements(
      "# by nccl-tests\n"
      "\n"
      "Time_us,note,RANKS,nodes,regbuff,channels,proto,algo,size,collective\r\n"
      "12.5,\"a, b\",16,2,1,8,LL128,Ring,1024,all_reduce_perf\r\n"
      "13,,-1,-1,-1,-1,simple,NVLS_TREE,2048,AllReduce\n"
      "14,,,,,,,default,4096,reduce_scatter",
      "m.csv");
  REQUIRE(read.ok());
  CHECK(read.value() ==
        std::vector<Measurement>{
            {.collective = Collective::AllReduce,
             .bytes = 1024,
             .nodes = 2,
             .ranks = 16,
             .registered = true,
             .choice = nccl::Choice{Algorithm::Ring, Protocol::Ll128, 8},
             .time_us = 12.5},
            {.collective = Collective::AllReduce,
             .bytes = 2048,
             .choice = nccl::Choice{Algorithm::NvlsTree, Protocol::Simple, 0},
             .time_us = 13},
            {.collective = Collective::ReduceScatter, .bytes = 4096, .time_us = 14}});
}

TEST_CASE("a byte order mark, as spreadsheets write it") {
  const auto read = read_measurements(
      "\xEF\xBB\xBF"
      "collective,bytes,algorithm,protocol,latency_us\nallreduce,8,ring,ll,5\n",
      "m.csv");
  CHECK(read.ok());
}

struct BadFile {
  const char* text;
  std::vector<std::string> mistakes;
};

TEST_CASE("every mistake, with its line") {
  const std::string head =
      "collective,size_bytes,algorithm,protocol,latency_us,channels,nodes,regbuff\n";
  const std::vector<BadFile> files = {
      {"", {"m.csv: error: there is no measurement"}},
      {"# nothing\n", {"m.csv: error: there is no measurement"}},
      {"collective,size_byte,algorithm,protocol,time,latency_us\n",
       {"m.csv:1: error: two columns say the same: \"time\" and \"latency_us\"",
        "m.csv:1: error: there is no column \"size_bytes\"", "did you mean \"size_byte\"?"}},
      {"allreduce,8,ring,ll,1,0,1,0,9\n", {"m.csv:2: error: the line has 9 values"}},
      {"allreduce,9223372036854775807,ring,ll,1,0,1,0\n",
       {"m.csv:2: error: the size is \"9223372036854775807\""}},
      {"alltoall,8,ring,ll,1,0,1,0\n", {"m.csv:2: error: there is no collective \"alltoall\""}},
      {"allreduce,0,ring,ll,1,0,1,0\n", {"m.csv:2: error: the size is \"0\""}},
      {"allreduce,8K,rong,ll,0,65,0,2\n",
       {"m.csv:2: error: the size is \"8K\"", "m.csv:2: error: the time is \"0\"",
        "m.csv:2: error: there is no algorithm \"rong\"",
        "m.csv:2: error: the number of channels is \"65\"",
        "m.csv:2: error: the number of nodes is \"0\"", "m.csv:2: error: regbuff is \"2\""}},
      {"allreduce,8,ring,ll256,nan,0,1,0\n",
       {"there is no protocol \"ll256\"", "the time is \"nan\""}},
      {"allreduce,8,default,ll,1,0,1,0\n",
       {"m.csv:2: error: protocol \"ll\" with NCCL's own choice of algorithm"}},
      {"\nallreduce,8,ring,ll,inf,0,1,0\nbroadcast,x,ring,ll,1,0,1,0\n",
       {"m.csv:3: error: the time is \"inf\"", "m.csv:4: error: the size is \"x\""}},
  };
  for (const BadFile& file : files) {
    const std::string text = file.text;
    const bool has_head = text.empty() || text.front() == '#' || text.starts_with("collective");
    const auto read = read_measurements(has_head ? text : head + text, "m.csv");
    REQUIRE(!read.ok());
    std::string all;
    for (const Diagnostic& mistake : read.mistakes()) all += to_string(mistake);
    for (const std::string& mistake : file.mistakes) {
      CAPTURE(all);
      CHECK(all.find(mistake) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace pleach::tune
