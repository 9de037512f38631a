#include "tests/gpu/nccl_log.hpp"

#include <string>

#include <doctest/doctest.h>

namespace pleach::gpu_check {
namespace {

using nccl::Algorithm;
using nccl::Protocol;

NcclLog read_line(const std::string& words) {
  return read_nccl_log("node1:17:21 [0] NCCL INFO " + words + "\n");
}

TEST_CASE("a decision of NCCL 2.28 is read") {
  const NcclLog log =
      read_line("AllReduce: 1024 Bytes -> Algo TREE proto LL channel{Lo..Hi}={0..3}");
  CHECK(log.decisions == std::vector<NcclDecision>{{.collective = Collective::AllReduce,
                                                    .bytes = 1024,
                                                    .algorithm = Algorithm::Tree,
                                                    .protocol = Protocol::Ll}});
  CHECK(log.unread.empty());
  CHECK_FALSE(log.tuner_loaded);
}

TEST_CASE("names in each form: capitals, as in NCCL_ALGO, numbers; more at the end of the line") {
  for (const auto& [name, algorithm] :
       {std::pair("NVLS_TREE", Algorithm::NvlsTree), std::pair("NVLSTree", Algorithm::NvlsTree),
        std::pair("CollNetDirect", Algorithm::CollNetDirect), std::pair("0", Algorithm::Tree),
        std::pair("COLLNET_CHAIN", Algorithm::CollNetChain), std::pair("6", Algorithm::Pat),
        std::pair("Ring", Algorithm::Ring), std::pair("1", Algorithm::Ring)}) {
    for (const auto& [word, protocol] :
         {std::pair("Simple", Protocol::Simple), std::pair("SIMPLE", Protocol::Simple),
          std::pair("LL128", Protocol::Ll128), std::pair("2", Protocol::Simple)}) {
      const NcclLog log = read_line(std::string("ReduceScatter: 7 Bytes -> Algo ") + name +
                                    " proto " + word + " channel{Lo..Hi}={0..3} cgaClusterSize 4");
      CAPTURE(name);
      CAPTURE(word);
      REQUIRE(log.decisions.size() == 1);
      CHECK(log.decisions[0].collective == Collective::ReduceScatter);
      CHECK(log.decisions[0].algorithm == algorithm);
      CHECK(log.decisions[0].protocol == protocol);
    }
  }
}

TEST_CASE("a decision that can not be read is kept as it is") {
  for (const std::string words :
       {"AllReduce: many Bytes -> Algo RING proto LL channel",
        "AllReduce: 4 Bytes -> Algo 7 proto 0", "AllReduce: 4 Bytes -> Algo SPIRAL proto LL x",
        "AllReduce: 4 Bytes -> Algo RING proto LLL x", "AllThings: 4 Bytes -> Algo RING proto LL x",
        "AllReduce: 4 Bytes -> Algo RING",
        "AllReduce [Symmetric]: 4 Bytes -> Kernel x nchannels 1 nthreads 2 nWorks 3",
        "AllReduce: -4 Bytes -> Algo RING proto LL x"}) {
    CAPTURE(words);
    const NcclLog log = read_line(words);
    CHECK(log.decisions.empty());
    CHECK(log.unread == std::vector{words});
  }
}

TEST_CASE("what NCCL says of the tuner, what the plugin says, and warnings") {
  const std::string digest(64, '5');
  const NcclLog log = read_nccl_log(
      "node1:17:21 [0] NCCL INFO NCCL_TUNER_PLUGIN set by environment to /a/pleach.so\n"
      "\n[2026-01-01 00:00:00] node1:17:21 [0] fake.cc:1 NCCL WARN pleach: no table\n"
      "node1:17:21 [0] NCCL INFO TUNER/Plugin: Using pleach (v5)\n"
      "node1:17:21 [0] NCCL INFO pleach: table " +
      digest +
      ", rows 3\n"
      "NCCL version 2.28.9\npleach: not by NCCL's log");
  CHECK(log.tuner_loaded);
  CHECK(log.plugin_lines ==
        std::vector<std::string>{"pleach: no table", "pleach: table " + digest + ", rows 3"});
  CHECK(log.warnings == std::vector<std::string>{"pleach: no table"});
  CHECK(digests_told(log) == std::vector{digest});
  CHECK(digests_told(read_line("pleach: table ")) == std::vector<std::string>{""});
}

TEST_CASE("another tuner, a variable or a plugin that is not found is no tuner of ours") {
  for (const std::string words :
       {"NCCL_TUNER_PLUGIN set by environment to libnccl-tuner-pleach.so",
        "TUNER/Plugin: Could not find: libnccl-tuner-pleach.so", "TUNER/Plugin: Using other (v5)",
        "Successfully loaded external tuner plugin /a/libnccl-tuner-ofi.so",
        "External tuner plugin libnccl-tuner-pleach.so is unsupported"}) {
    CAPTURE(words);
    CHECK_FALSE(read_line(words).tuner_loaded);
  }
  CHECK(read_line("Successfully loaded external tuner plugin /a/libnccl-tuner-pleach.so")
            .tuner_loaded);
}

TEST_CASE("no text, and text cut off anywhere, are read without harm") {
  const std::string whole =
      "h:1:2 [0] NCCL INFO pleach: table 00, rows 1\n"
      "h:1:2 [0] NCCL INFO AllReduce: 1024 Bytes -> Algo TREE proto LL channel{Lo..Hi}={0..3}\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const NcclLog log = read_nccl_log(std::string_view(whole).substr(0, size));
    CHECK(log.decisions.size() + log.unread.size() <= 1);
  }
}

}  // namespace
}  // namespace pleach::gpu_check
