// The file of a table: what is written is read, and what is wrong is said, all of it.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "compiler/nccl/choice_table.hpp"
#include "tests/compiler/nccl/random_rows.hpp"

namespace pleach::nccl {
namespace {

using namespace testing;
using nlohmann::json;

TEST_CASE("choice_table: written and read again") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    ChoiceTable table{.topology_name = "pair \"x\" ä", .topology_digest = "0123", .rows = {}};
    table.rows = disjoint_rows(random, round % 14);
    const std::string text = write_choice_table(table);
    CHECK(text == write_choice_table(table));
    CHECK(text.ends_with("\n"));
    const auto read = read_choice_table(text, "t.json");
    REQUIRE(read.ok());
    CHECK(read.value() == table);
    // Comments and other spacing are as good.
    const auto loose = read_choice_table("// by hand\n" + json::parse(text).dump(3), "t.json");
    REQUIRE(loose.ok());
    CHECK(loose.value() == table);
  }
}

TEST_CASE("choice_table: the file as the header shows it") {
  ChoiceTable table{.topology_name = "pair", .topology_digest = "ab", .rows = {}};
  CHECK(
      write_choice_table(table) ==
      "{\"format\":\"pleach-nccl-table/1\",\n\"topology\":{\"name\":\"pair\",\"digest\":\"ab\"},\n"
      "\"rows\":[],\n\"digest\":\"" +
          choice_digest({}) + "\"}\n");
  ChoiceRow row;
  row.max_bytes = 65536;
  row.nodes = 2;
  row.ranks_per_node = 8;
  row.registered = false;
  row.source = "measured";
  row.choice = Choice{.algorithm = Algorithm::Tree, .protocol = Protocol::Ll, .channels = 3};
  ChoiceRow open;
  open.collective = Collective::AllGather;
  table.rows = {row, open};
  CHECK(write_choice_table(table).find(
            "\"rows\":[\n{\"collective\":\"allreduce\",\"min_bytes\":0,\"max_bytes\":65536,"
            "\"nodes\":2,\"ranks_per_node\":8,\"registered\":false,\"source\":\"measured\","
            "\"choice\":{\"algorithm\":\"tree\",\"protocol\":\"ll\",\"channels\":3}},\n"
            "{\"collective\":\"allgather\",\"min_bytes\":0,\"max_bytes\":null,\"nodes\":1,"
            "\"ranks_per_node\":1,\"registered\":null,\"source\":\"\",\"choice\":null}],\n") !=
        std::string::npos);
}

// Two good rows, as JSON to be spoilt.
json good() {
  ChoiceTable table{.topology_name = "pair", .topology_digest = "ab", .rows = {}};
  ChoiceRow row;
  row.max_bytes = 100;
  row.choice = Choice{};
  row.source = "model";
  table.rows.push_back(row);
  row.min_bytes = 101;
  row.max_bytes = kNoEnd;
  table.rows.push_back(row);
  return json::parse(write_choice_table(table));
}

Diagnostics mistakes_of(const json& value) {
  const auto read = read_choice_table(value.dump(), "t.json");
  return read.ok() ? Diagnostics{} : read.mistakes();
}

TEST_CASE("choice_table: each mistake at its place") {
  REQUIRE(read_choice_table(good().dump(), "t.json").ok());
  struct Bad {
    const char* pointer;  // of the value that is replaced
    json value;
    const char* message;
  };
  const std::vector<Bad> cases = {
      {"/format", "pleach-topology/1", "the format is \"pleach-topology/1\""},
      {"/format", 1, "key \"format\" is 1, not a string"},
      {"/topology", 3, "is 3"},
      {"/topology/name", nullptr, "key \"name\" is null, not a string"},
      {"/topology/digest", 1, "key \"digest\" is 1, not a string"},
      {"/rows", json::object(), "key \"rows\" is an object, not an array"},
      {"/rows/1", 4, "a row is 4, not an object"},
      {"/rows/1/collective", "all_reduce", "\"all_reduce\" is not a collective"},
      {"/rows/1/min_bytes", -1, "key \"min_bytes\" is -1"},
      {"/rows/1/min_bytes", 1.5, "key \"min_bytes\" is 1.5"},
      {"/rows/1/min_bytes", 9223372036854775808ULL, "key \"min_bytes\" is 9223372036854775808"},
      {"/rows/1/max_bytes", "all", "key \"max_bytes\" is \"all\""},
      {"/rows/1/max_bytes", 100, "the range is empty: max_bytes is below min_bytes"},
      {"/rows/1/nodes", 0, "key \"nodes\" is 0"},
      {"/rows/1/nodes", 16777217, "key \"nodes\" is 16777217"},
      {"/rows/1/ranks_per_node", 0, "key \"ranks_per_node\" is 0"},
      {"/rows/1/registered", "yes", "key \"registered\" is \"yes\""},
      {"/rows/1/source", 1, "key \"source\" is 1, not a string"},
      {"/rows/1/choice", "ring", "\"ring\""},
      {"/rows/1/choice/algorithm", "rings", "\"rings\" is not an algorithm"},
      {"/rows/1/choice/protocol", "LL", "\"LL\" is not a protocol"},
      {"/rows/1/choice/channels", 65, "key \"channels\" is 65"},
      {"/rows/1/choice/channels", -1, "key \"channels\" is -1"},
      {"/rows/1/min_bytes", 100, "two rows answer to the same call: 0 and 1"},
      {"/rows/1/choice/channels", 2, "the digest is not that of the rows"},
      {"/digest", "0", "the digest is not that of the rows"},
      {"/digest", 0, "key \"digest\" is 0, not a string"},
  };
  for (const Bad& bad : cases) {
    CAPTURE(bad.pointer);
    CAPTURE(bad.message);
    json value = good();
    value[json::json_pointer(bad.pointer)] = bad.value;
    const Diagnostics mistakes = mistakes_of(value);
    REQUIRE_FALSE(mistakes.empty());
    CAPTURE(mistakes[0].message);
    CHECK(mistakes[0].message.find(bad.message) != std::string::npos);
    CHECK(mistakes[0].file == "t.json");
    CHECK(mistakes[0].line == 1);
    const std::string place = mistakes[0].pointer;
    // An overlap is told of the row, a wrong digest of the digest.
    CHECK((place == bad.pointer || place == "/digest" || place == "/rows/1"));
  }
}

TEST_CASE("choice_table: each key is needed, and no other one is known") {
  for (const char* pointer :
       {"/format", "/topology", "/rows", "/digest", "/topology/name", "/topology/digest",
        "/rows/0/collective", "/rows/0/min_bytes", "/rows/0/max_bytes", "/rows/0/nodes",
        "/rows/0/ranks_per_node", "/rows/0/registered", "/rows/0/choice", "/rows/0/source",
        "/rows/0/choice/algorithm", "/rows/0/choice/protocol", "/rows/0/choice/channels"}) {
    CAPTURE(pointer);
    const json::json_pointer place(pointer);
    json lacking = good();
    lacking[place.parent_pointer()].erase(place.back());
    Diagnostics mistakes = mistakes_of(lacking);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].message.find("\"" + place.back() + "\"") != std::string::npos);
    json more = good();
    more[place.parent_pointer()]["surplus"] = 1;
    mistakes = mistakes_of(more);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].message.find("unknown key \"surplus\"") != std::string::npos);
    more = good();
    more[place.parent_pointer()]["x-surplus"] = 1;
    CHECK(mistakes_of(more).empty());
  }
}

TEST_CASE("choice_table: CollNet is never told a number of channels") {
  for (const Algorithm algorithm : kAlgorithms) {
    json value = good();
    value["rows"][0]["choice"]["algorithm"] = name_of(algorithm);
    value["rows"][0]["choice"]["channels"] = 1;
    const int nodes = value["rows"][0]["nodes"];
    const Diagnostics mistakes = mistakes_of(value);
    REQUIRE(mistakes.size() == 1);
    const bool collnet =
        mistakes[0].message == "a number of channels where calls may go through CollNet";
    CHECK(collnet == !checks_channels(algorithm, nodes));
    CHECK(mistakes[0].pointer == (collnet ? "/rows/0/choice/channels" : "/digest"));
  }
}

TEST_CASE("choice_table: all mistakes at once, and a suggestion") {
  json value = good();
  value["rows"][0]["nodes"] = 0;
  value["rows"][1]["choice"]["algorithm"] = "rign";
  value["rows"][1]["registered"] = 1;
  const Diagnostics mistakes = mistakes_of(value);
  REQUIRE(mistakes.size() == 3);
  bool suggested = false;
  for (const Diagnostic& mistake : mistakes) {
    suggested = suggested || mistake.fix.find("\"ring\"") != std::string::npos;
  }
  CHECK(suggested);
}

TEST_CASE("choice_table: no JSON, or cut off") {
  const std::string text = good().dump();
  for (std::size_t length = 0; length < text.size(); ++length) {
    CHECK_FALSE(read_choice_table(text.substr(0, length), "t.json").ok());
  }
  for (const char* bad : {"", "null", "[]", "1", "\xFF"}) {
    const auto read = read_choice_table(bad, "t.json");
    REQUIRE_FALSE(read.ok());
    CHECK_FALSE(read.mistakes()[0].message.empty());
  }
}

}  // namespace
}  // namespace pleach::nccl
