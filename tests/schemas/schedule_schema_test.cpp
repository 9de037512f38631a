#include <doctest/doctest.h>

#include "compiler/ir/schedule_json.hpp"
#include "compiler/passes/pipeline.hpp"
#include "compiler/topology/load_topology.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "tests/schemas/schema.hpp"

namespace pleach {
namespace {

const std::string kSchema = "schedules/pleach-schedule-1.schema.json";

// What read_schedule finds and a schema can not.
const std::vector<std::string> kBeyondSchema = {
    "^there is no (node|rank|route) [0-9]+",  // beyond the end of a list
    "^and [0-9]+ more mistakes$",             // of those
    "has the unknown key",                    // a known one, misspelt, that is not required
    "^a schedule has keys of a topology: \"(nodes|links)\""};

std::string compiled(const std::string& topology, Collective collective) {
  const auto loaded = read_topology(source_text(topology), topology);
  REQUIRE(loaded.ok());
  CompileOptions options;
  options.collective = collective;
  return write_schedule(compile_schedule(loaded.value(), options, [] { return 0.0; }).schedule);
}

// Everything that `pleach verify` says.
Diagnostics mistakes_of(const nlohmann::json& document) {
  const auto schedule = read_schedule(document.dump(), "s.json");
  if (!schedule.ok()) return schedule.mistakes();
  Diagnostics mistakes;
  for (const Violation& violation : verify_schedule(schedule.value()).violations) {
    mistakes.push_back({.file = "s.json",
                        .pointer = violation.where,
                        .message = "verify: " + violation.message,
                        .expected = "",
                        .fix = ""});
  }
  return mistakes;
}

std::string disagreement(const Schema& schema, const nlohmann::json& document) {
  return disagreement(schema, document, mistakes_of(document), [](const std::string& message) {
    return message.starts_with("verify: ") || matches_any(message, kBeyondSchema);
  });
}

std::vector<nlohmann::json> good_schedules() {
  std::vector<nlohmann::json> good;
  for (const char* const name :
       {"ring-8.allgather", "dgx-1v.allreduce", "dgx-a100-x2.reduce", "dgx-h100-x1.allgather"}) {
    good.push_back(json_of(source_text("schedules/" + std::string(name) + ".json")));
  }
  // Its switches carry more one way than the other, so its bound has a proof of many cuts.
  good.push_back(
      json_of(compiled("tests/golden/reference/bad_nvl8_asym.json", Collective::AllGather)));
  return good;
}

TEST_CASE("every schedule that pleach ships") {
  const Schema schema(kSchema);
  CHECK(schema.accepts(json_of(source_text("tests/golden/schedules/pair_allreduce.json"))));
  std::vector<std::string> files = json_files("schedules");
  std::erase(files, kSchema);
  CHECK(files.size() > 40);
  for (const std::string& file : files) {
    CAPTURE(file);
    CHECK(schema.accepts(json_of(source_text(file))));
  }
  for (const nlohmann::json& schedule : good_schedules()) {
    CHECK(schema.accepts(schedule));
    CHECK(mistakes_of(schedule).empty());
  }
  CHECK(good_schedules().back()["bound"].contains("achievable"));
}

TEST_CASE("broken schedules are rejected by schema and reader") {
  const Schema schema(kSchema);
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {
      {"/format", "pleach-topology/1"},
      {"/collective", "gather"},
      {"/collective", "reduce_scatter"},
      {"/collective", "allreduce"},
      {"/topology/digest", "12"},
      {"/topology/name", 3},
      {"/nodes/0", ""},
      {"/nodes/0", "a\nb"},
      {"/nodes/0", "a{0}"},
      {"/nodes/1", 3},
      {"/links/0", {0, 1, "5 GB/s"}},
      {"/links/0/0", -1},
      {"/links/0/0", "g0"},
      {"/links/0/2", "0 GB/s"},
      {"/links/0/2", 50},
      {"/links/0/3", "0.7"},
      {"/ranks", {0}},
      {"/ranks/0", 1},
      {"/labels", nlohmann::json::object()},
      {"/labels/0", nlohmann::json::parse("[0]")},
      {"/labels/0", nlohmann::json::parse("[-1, {}]")},
      {"/labels/0", nlohmann::json::parse(R"([0, {"host": 1}])")},
      {"/labels/0", nlohmann::json::parse(R"([0, {"host": "a\tb"}])")},
      {"/routes/0", {0}},
      {"/routes/0", {0, 1, 0}},
      {"/broadcast_trees", nlohmann::json::array()},
      {"/broadcast_trees/0/root", -1},
      {"/broadcast_trees/0/share", 0.125},
      {"/broadcast_trees/0/share", "0"},
      {"/broadcast_trees/0/share", "1/0"},
      {"/broadcast_trees/0/share", "-1/8"},
      {"/broadcast_trees/0/routes", nlohmann::json::array()},
      {"/algbw", "fast"},
      {"/algbw", 150},
      {"/bound/cut", 3},
      {"/bound/parts", {3}},
      {"/bound/achievable", nlohmann::json::object()},
      {"/generator/tool", nullptr},
      {"/templates", nlohmann::json::object()},
      {"/degraded", nlohmann::json::array()}};
  nlohmann::json good = good_schedules().front();
  good["nodes"][7] = "a{0}";
  good["topology"]["digest"] = std::string(64, '0');
  good["labels"] = nlohmann::json::parse(R"([[0, {"host": "node{17}", "pci": ""}], [1, {}]])");
  REQUIRE(schema.accepts(good));
  for (const auto& [place, value] : changes) {
    nlohmann::json document = good;
    document[nlohmann::json::json_pointer(place)] = value;
    CAPTURE(place);
    CAPTURE(value.dump());
    CHECK_FALSE(schema.accepts(document));
    CHECK_FALSE(mistakes_of(document).empty());
  }
  for (const char* const place : {"/format",
                                  "/collective",
                                  "/topology",
                                  "/topology/name",
                                  "/topology/digest",
                                  "/nodes",
                                  "/links",
                                  "/ranks",
                                  "/routes",
                                  "/broadcast_trees",
                                  "/broadcast_trees/0/root",
                                  "/broadcast_trees/0/share",
                                  "/broadcast_trees/0/routes",
                                  "/algbw",
                                  "/bound",
                                  "/bound/algbw",
                                  "/bound/cut",
                                  "/generator",
                                  "/generator/tool",
                                  "/generator/version",
                                  "/generator/method"}) {
    const nlohmann::json::json_pointer pointer(place);
    nlohmann::json document = good;
    document[pointer.parent_pointer()].erase(pointer.back());
    CAPTURE(place);
    CHECK_FALSE(schema.accepts(document));
    CHECK_FALSE(mistakes_of(document).empty());
  }
}

TEST_CASE("schema and reader agree on schedules with random mistakes") {
  const Schema schema(kSchema);
  const std::vector<nlohmann::json> good = good_schedules();
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const nlohmann::json document = mutated(good[seed % good.size()], random);
    if (!schema.accepts(document)) ++rejected;
    CAPTURE(seed);
    REQUIRE(disagreement(schema, document) == "");
  }
  CHECK(rejected > 500);
  CHECK(rejected < 1950);
}

}  // namespace
}  // namespace pleach
