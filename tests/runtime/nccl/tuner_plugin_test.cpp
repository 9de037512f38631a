// libnccl-tuner-pleach.so, opened and driven as NCCL drives it.
#include <algorithm>
#include <array>
#include <set>

#include <doctest/doctest.h>

#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/plugin_loader.hpp"
#include "tests/runtime/nccl/recorded_log.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach {
namespace {

using namespace testing;
using nccl::abi::kInfo;
using nccl::abi::kWarn;

const std::vector<std::string> kLibrary = {PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so"};
constexpr std::array kVersions = {3, 4, 5, 6};

TEST_CASE("tuner_plugin: all versions decide as a scan of the rows does") {
  const OpenLibrary library(kLibrary);
  REQUIRE(library.open());
  const TemporaryFolder folder;
  const Variable variable(nccl::kTableVariable, folder.path("table.json"));
  Random random(1);
  int asked = 0;
  for (int round = 0; round < 40; ++round) {
    const nccl::ChoiceTable table = random_table(random);
    folder.write("table.json", write_choice_table(table));
    // All communicators at once, one of each version and shape.
    std::vector<std::vector<void*>> contexts(kVersions.size());
    for (std::size_t v = 0; v < kVersions.size(); ++v) {
      const AnyTuner tuner = tuner_version(library, kVersions[v]);
      for (const Shape shape : kShapes) {
        void* context = nullptr;
        REQUIRE(tuner.init(shape, record, &context) == 0);
        REQUIRE(context != nullptr);
        contexts[v].push_back(context);
      }
    }
    CHECK(lines_of(take_log(), kWarn).empty());
    for (std::size_t v = 0; v < kVersions.size(); ++v) {
      const AnyTuner tuner = tuner_version(library, kVersions[v]);
      for (std::size_t s = 0; s < kShapes.size(); ++s) {
        // The same seed for all versions: the same calls.
        const auto found =
            differences(tuner, contexts[v][s], table, kShapes[s], round * 100 + s, 60);
        asked += 60;
        CHECK(found == std::vector<std::string>{});
      }
    }
    for (std::size_t v = 0; v < kVersions.size(); ++v) {
      for (void* context : contexts[v]) {
        CHECK(tuner_version(library, kVersions[v]).stop(context) == 0);
      }
    }
    CHECK(lines_of(take_log(), kWarn).empty());
  }
  CHECK(asked == 40 * 4 * 7 * 60);
}

nccl::ChoiceTable small_table() {
  nccl::ChoiceTable table{.topology_name = "pair", .topology_digest = "none", .rows = {}};
  nccl::ChoiceRow row;
  row.nodes = 2;
  row.ranks_per_node = 8;
  row.source = "model";
  row.max_bytes = 65536;
  row.choice = nccl::Choice{
      .algorithm = nccl::Algorithm::Tree, .protocol = nccl::Protocol::Ll, .channels = 4};
  table.rows.push_back(row);
  row.min_bytes = 65537;
  row.max_bytes = 1 << 20;
  row.choice = std::nullopt;
  table.rows.push_back(row);
  row.min_bytes = (1 << 20) + 1;
  row.max_bytes = nccl::kNoEnd;
  row.choice = nccl::Choice{
      .algorithm = nccl::Algorithm::NvlsTree, .protocol = nccl::Protocol::Simple, .channels = 0};
  row.source = "measured";
  table.rows.push_back(row);
  return table;
}

Costs all(float cost) {
  Costs costs;
  costs.fill(cost);
  return costs;
}

constexpr int kAllReduce = 4;

TEST_CASE("tuner_plugin: what is logged, and when") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  const nccl::ChoiceTable table = small_table();
  const std::string path = folder.write("table.json", write_choice_table(table));
  const std::string digest = nccl::choice_digest(table.rows);
  const Variable variable(nccl::kTableVariable, path);
  for (const int version : kVersions) {
    CAPTURE(version);
    const AnyTuner tuner = tuner_version(library, version);
    void* context = nullptr;
    REQUIRE(tuner.init({.ranks = 16, .nodes = 2}, record, &context) == 0);
    auto log = take_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].level == kInfo);
    CHECK(log[0].flags == (nccl::abi::kInit | nccl::abi::kTuning));
    CHECK(log[0].text == "pleach: table " + digest +
                             ", rows 3, for this communicator 3 (nodes 2, ranks per node 8), "
                             "topology pair, file " +
                             path);
    for (int repeat = 0; repeat < 3; ++repeat) {
      for (const std::uint64_t bytes : {1U << 10U, 1U << 18U, 1U << 26U}) {
        Costs costs = all(3);
        int channels = -1;
        tuner.get_coll_info(context, kAllReduce, bytes, costs.data(), 7, 3, false, &channels);
      }
    }
    log = take_log();
    CHECK(lines_of(log, kInfo) ==
          std::vector<std::string>{
              "pleach: allreduce of 0 to 65536 bytes: tree with ll on 4 channels (model)",
              "pleach: allreduce of 65537 to 1048576 bytes: left to NCCL (model)",
              "pleach: allreduce of 1048577 bytes and more: nvlstree with simple (measured)"});
    for (const LogLine& line : log) CHECK(line.flags == nccl::abi::kTuning);
    // What can not be obeyed is said once, and where NCCL shows it without being asked for more.
    for (int repeat = 0; repeat < 3; ++repeat) {
      Costs costs = all(3);
      costs[5 * 3 + 2] = nccl::abi::kIgnore;
      const Costs before = costs;
      int channels = -1;
      tuner.get_coll_info(context, kAllReduce, 1U << 26U, costs.data(), 7, 3, false, &channels);
      CHECK(same_bits(costs, before));
      CHECK(channels == -1);
    }
    log = take_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].text ==
          "pleach: allreduce of 1048577 bytes and more: left to NCCL, which can not "
          "take nvlstree with simple (measured)");
    CHECK(log[0].flags == (nccl::abi::kInit | nccl::abi::kTuning));
    CHECK(tuner.stop(context) == 0);
    // A communicator that the table says nothing to, and one whose nodes differ.
    void* other = nullptr;
    REQUIRE(tuner.init({.ranks = 9, .nodes = 2}, record, &other) == 0);
    log = take_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].text == "pleach: table " + digest +
                             ", rows 3, for this communicator 0 (nodes 2, ranks 9: not as many on "
                             "each node, NCCL decides), topology pair, file " +
                             path);
    CHECK(tuner.stop(other) == 0);
  }
}

TEST_CASE("tuner_plugin: NCCL's table may be smaller or larger than the names we know") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  const Variable variable(nccl::kTableVariable,
                          folder.write("table.json", write_choice_table(small_table())));
  for (const int version : kVersions) {
    const AnyTuner tuner = tuner_version(library, version);
    void* context = nullptr;
    REQUIRE(tuner.init({.ranks = 16, .nodes = 2}, record, &context) == 0);
    (void)take_log();
    int channels = -1;
    std::array<float, 6 * 4> costs{};
    costs.fill(3);
    auto expected = costs;
    // 5 algorithms: there is no nvlstree.
    tuner.get_coll_info(context, kAllReduce, 1U << 26U, costs.data(), 5, 3, false, &channels);
    CHECK(costs == expected);
    CHECK(
        lines_of(take_log(), kInfo) ==
        std::vector<std::string>{"pleach: allreduce of 1048577 bytes and more: left to NCCL, whose "
                                 "cost table has no nvlstree with simple (measured)"});
    // 6 x 4: its rows are longer.
    tuner.get_coll_info(context, kAllReduce, 1U << 26U, costs.data(), 6, 4, false, &channels);
    expected[5 * 4 + 2] = 0;
    CHECK(costs == expected);
    CHECK(channels == 0);
    for (const auto& [algorithms, protocols] : {std::pair(0, 0), {-1, 3}, {7, -3}, {7, 0}}) {
      costs.fill(3);
      tuner.get_coll_info(context, kAllReduce, 4, costs.data(), algorithms, protocols, false,
                          &channels);
      CHECK(std::ranges::all_of(costs, [](float cost) { return cost == 3; }));
    }
    tuner.stop(context);
    (void)take_log();
  }
}

TEST_CASE("tuner_plugin: null pointers are no reason to fail") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  const Variable variable(nccl::kTableVariable,
                          folder.write("table.json", write_choice_table(small_table())));
  for (const int version : kVersions) {
    const AnyTuner tuner = tuner_version(library, version);
    CHECK(tuner.init({.ranks = 16, .nodes = 2}, record, nullptr) == 0);
    CHECK(take_log().empty());
    CHECK(tuner.stop(nullptr) == 0);
    void* context = nullptr;
    CHECK(tuner.init({.ranks = 16, .nodes = 2}, nullptr, &context) == 0);
    REQUIRE(context != nullptr);
    int channels = -1;
    Costs costs = all(3);
    const Costs before = costs;
    CHECK(tuner.get_coll_info(nullptr, kAllReduce, 4, costs.data(), 7, 3, false, &channels) == 0);
    CHECK(same_bits(costs, before));
    CHECK(tuner.get_coll_info(context, kAllReduce, 4, nullptr, 7, 3, false, &channels) == 0);
    CHECK(channels == -1);
    CHECK(tuner.get_coll_info(context, kAllReduce, 4, costs.data(), 7, 3, false, nullptr) == 0);
    CHECK(costs[0] == 0);
    CHECK(tuner.get_coll_info(context, -1, 4, costs.data(), 7, 3, false, &channels) == 0);
    CHECK(channels == -1);
    CHECK(tuner.get_chunk_size(nullptr, kAllReduce, 4, nullptr) == 0);
    CHECK(tuner.stop(context) == 0);
    for (const Shape shape :
         {Shape{0, 0}, Shape{8, 0}, Shape{0, 2}, Shape{~std::size_t{0}, 1}, Shape{2, 4}}) {
      CHECK(tuner.init(shape, record, &context) == 0);
      costs = before;
      CHECK(tuner.get_coll_info(context, kAllReduce, 4, costs.data(), 7, 3, false, &channels) == 0);
      CHECK(same_bits(costs, before));
      CHECK(tuner.stop(context) == 0);
    }
    (void)take_log();
  }
}

TEST_CASE(
    "tuner_plugin: no table asked for is no trouble, one that can not be had is one warning") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  struct Case {
    const char* table;
    std::string folder;
    std::string warning;  // empty: none
    std::string info;
  };
  const std::string bad =
      folder.write("bad.json", "{\"format\":\"pleach-nccl-table/1\",\n\"rows\":3}");
  const std::string decides = "pleach: no table, NCCL decides: ";
  const std::vector<std::string> hosts = nccl::settings_of_process().hosts;
  REQUIRE_FALSE(hosts.empty());
  folder.write("empty/other/table.json", "{}");
  const std::string absent = folder.path("absent.json");
  const std::vector<Case> cases = {
      {nullptr, "", "", decides + "set PLEACH_NCCL_TABLE or PLEACH_NCCL_DIR"},
      {"", folder.path("nowhere"), "", decides + "set PLEACH_NCCL_TABLE or PLEACH_NCCL_DIR"},
      {absent.c_str(), "", decides + absent + ": can not read the file: No such file or directory",
       ""},
      {nullptr, folder.path("empty"),
       decides + folder.path("empty") +
           ": PLEACH_NCCL_DIR names a folder without a table; expected: " + hosts[0] +
           "/table.json or table.json in it",
       ""},
      {bad.c_str(), "", decides + bad + ":1: this has no key \"topology\"", ""},
  };
  for (const int version : kVersions) {
    const AnyTuner tuner = tuner_version(library, version);
    for (const Case& c : cases) {
      const Variable table(nccl::kTableVariable, c.table);
      const Variable directory(nccl::kFolderVariable, c.folder);
      for (int communicator = 0; communicator < 2; ++communicator) {
        void* context = nullptr;
        REQUIRE(tuner.init({.ranks = 16, .nodes = 2}, record, &context) == 0);
        Costs costs = all(3);
        int channels = -1;
        CHECK(tuner.get_coll_info(context, kAllReduce, 4, costs.data(), 7, 3, false, &channels) ==
              0);
        CHECK(same_bits(costs, all(3)));
        CHECK(channels == -1);
        CHECK(tuner.stop(context) == 0);
        const auto log = take_log();
        REQUIRE(log.size() == 1);
        CAPTURE(log[0].text);
        CHECK(log[0].text.find('\n') == std::string::npos);
        if (c.warning.empty()) {
          CHECK(log[0].level == kInfo);
          CHECK(log[0].text == c.info);
        } else {
          CHECK(log[0].level == kWarn);
          CHECK(log[0].text.starts_with(c.warning.substr(0, c.warning.find(":1: "))));
          if (c.table != bad.c_str()) {
            CHECK(log[0].text == c.warning);
          } else {
            CHECK(log[0].text.find("more mistakes") != std::string::npos);
          }
        }
      }
    }
  }
}

TEST_CASE("tuner_plugin: the table is this host's") {
  const OpenLibrary library(kLibrary);
  const TemporaryFolder folder;
  const Variable table(nccl::kTableVariable, nullptr);
  const Variable directory(nccl::kFolderVariable, folder.path());
  const std::string host = nccl::settings_of_process().hosts.at(0);
  nccl::ChoiceTable mine = small_table();
  mine.topology_name = "mine";
  folder.write("table.json", write_choice_table(small_table()));
  const AnyTuner tuner = tuner_version(library, 6);
  for (const bool own : {false, true}) {
    if (own) folder.write(host + "/table.json", write_choice_table(mine));
    void* context = nullptr;
    REQUIRE(tuner.init({.ranks = 16, .nodes = 2}, record, &context) == 0);
    const auto log = take_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].text.ends_with(own ? "topology mine, file " + folder.path() + "/" + host +
                                          "/table.json"
                                    : "topology pair, file " + folder.path() + "/table.json"));
    tuner.stop(context);
  }
}

}  // namespace
}  // namespace pleach
