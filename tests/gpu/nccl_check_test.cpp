#include "tests/gpu/nccl_check.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace pleach::gpu_check {
namespace {

using nccl::Algorithm;
using nccl::Protocol;

const std::string kDigest(64, 'd');

// What two good runs leave: by itself NCCL takes ring with LL128 everywhere.
NcclEvidence good(int ranks) {
  NcclEvidence evidence{.ranks = ranks, .digest = kDigest, .control = {}, .tuned = {}};
  evidence.control.resize(ranks);
  evidence.tuned.resize(ranks);
  for (const NcclCall& call : nccl_calls()) {
    const std::uint64_t printed =
        call.collective == Collective::AllReduce ? call.bytes : call.bytes / ranks;
    NcclDecision decision{.collective = call.collective,
                          .bytes = printed,
                          .algorithm = Algorithm::Ring,
                          .protocol = Protocol::Ll128};
    evidence.control[0].decisions.push_back(decision);
    const auto row = nccl_row(call, ranks);
    if (row && row->choice && row->choice->algorithm != Algorithm::Nvls) {
      decision.algorithm = row->choice->algorithm;
      decision.protocol = row->choice->protocol;
    }
    evidence.tuned[0].decisions.push_back(decision);
  }
  for (NcclLog& log : evidence.tuned) {
    log.tuner_loaded = true;
    log.plugin_lines = {
        "pleach: table " + kDigest + ", rows 20",
        "pleach: allreduce of 5: left to NCCL, which can not take nvls with simple"};
  }
  return evidence;
}

bool names(const std::vector<std::string>& mistakes, const std::string& part) {
  return std::ranges::any_of(mistakes, [&](const std::string& mistake) {
    return mistake.find(part) != std::string::npos;
  });
}

TEST_CASE("good runs have no mistakes") {
  for (const int ranks : kNcclRanks) {
    const NcclEvidence evidence = good(ranks);
    CHECK(control_mistakes(evidence).empty());
    CHECK(loading_mistakes(evidence).empty());
    CHECK(decision_mistakes(evidence).empty());
  }
}

TEST_CASE("a control run with a tuner, or whose log is not that of the calls") {
  NcclEvidence evidence = good(2);
  evidence.control[1].tuner_loaded = true;
  CHECK(names(control_mistakes(evidence), "rank 1: the tuner was loaded"));
  evidence = good(2);
  evidence.control[0].plugin_lines = {"pleach: table"};
  CHECK(names(control_mistakes(evidence), "rank 0: the tuner was loaded"));
  evidence = good(2);
  evidence.control[0].decisions.pop_back();
  CHECK(names(control_mistakes(evidence), "tells 14 decisions on 15 calls"));
  evidence = good(2);
  evidence.control[0].decisions[3].bytes = 9;
  CHECK(names(control_mistakes(evidence),
              "call 4 is allreduce of 262144 bytes, but NCCL's log tells of allreduce of 9 bytes"));
  evidence = good(4);
  evidence.control[0].unread = {"AllReduce: 4 Bytes -> Algo SPIRAL"};
  CHECK(names(control_mistakes(evidence), "Algo SPIRAL"));
}

TEST_CASE("a tuner that is not loaded on one rank, or has another table") {
  NcclEvidence evidence = good(4);
  evidence.tuned[3].tuner_loaded = false;
  evidence.tuned[3].warnings = {"it is gone"};
  CHECK(names(loading_mistakes(evidence), "rank 3: NCCL's log does not say that it loaded"));
  CHECK(names(loading_mistakes(evidence), "it is gone"));
  evidence = good(4);
  evidence.tuned[2].plugin_lines[0] = "pleach: table " + std::string(64, 'e') + ", rows 20";
  CHECK(names(loading_mistakes(evidence), "rank 2: the plugin did not say once"));
  CHECK(loading_mistakes(evidence).size() == 1);
  CHECK(names(decision_mistakes(evidence), "rank 2: the plugin said other things"));
  evidence = good(4);
  evidence.tuned[1].plugin_lines.erase(evidence.tuned[1].plugin_lines.begin());
  CHECK(names(loading_mistakes(evidence), "rank 1: the plugin did not say once"));
}

TEST_CASE("each decision that is not the table's is a mistake, and each that is not left alone") {
  for (const int ranks : kNcclRanks) {
    const std::size_t calls = nccl_calls().size();
    for (std::size_t i = 0; i < calls; ++i) {
      NcclEvidence evidence = good(ranks);
      evidence.tuned[0].decisions[i].algorithm = Algorithm::Pat;
      const auto mistakes = decision_mistakes(evidence);
      REQUIRE(mistakes.size() == 1);
      CHECK(names(mistakes, "bytes: NCCL took pat "));
      const auto row = nccl_row(nccl_calls()[i], ranks);
      const bool forced = row && row->choice && is_there(*row->choice);
      CHECK(names(mistakes, forced ? "the table says " : "the table leaves it alone"));
    }
  }
}

TEST_CASE("a tuner that changes nothing shows nothing") {
  NcclEvidence evidence = good(2);
  evidence.control[0].decisions = evidence.tuned[0].decisions;
  CHECK(names(decision_mistakes(evidence), "this shows nothing"));
}

TEST_CASE("the plugin must say of nvls that it is not there, on each rank") {
  NcclEvidence evidence = good(2);
  for (NcclLog& log : evidence.tuned) log.plugin_lines.pop_back();
  const auto mistakes = decision_mistakes(evidence);
  CHECK(mistakes.size() == 2);
  CHECK(names(mistakes, "rank 1: the plugin did not say that nvls is not there"));
}

TEST_CASE("the table has a line for each call") {
  NcclEvidence evidence = good(2);
  const std::string table = decision_table(evidence);
  CHECK(std::ranges::count(table, '\n') == 16);
  CHECK(table.find("    2  allreduce          1024  ring ll128     tree simple              tree "
                   "simple\n") != std::string::npos);
  CHECK(table.find("nvls simple (not there)  ring ll128\n") != std::string::npos);
  CHECK(table.find("no opinion               ring ll128\n") != std::string::npos);
  evidence.tuned.clear();
  CHECK(decision_table(evidence).find("tree simple              ?\n") != std::string::npos);
}

}  // namespace
}  // namespace pleach::gpu_check
