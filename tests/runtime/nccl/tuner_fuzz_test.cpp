// Tables that were damaged, by chance and by hand: one is read and obeyed, or there is stock
// behaviour and one warning.
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/nccl/host_files.hpp"
#include "tests/runtime/nccl/plugin_loader.hpp"
#include "tests/runtime/nccl/recorded_log.hpp"
#include "tests/runtime/nccl/temporary_files.hpp"

namespace pleach {
namespace {

using namespace testing;

// Loads tables into the plugin and tells whether they were taken.
class Victim {
 public:
  // What is wrong, or nothing. `table`: what has to be obeyed where the text is taken.
  std::string trouble_with(const std::string& text, const nccl::ChoiceTable& table) {
    folder_.write("table.json", text);
    (void)take_log();
    constexpr Shape kShape{.ranks = 16, .nodes = 2};
    void* context = nullptr;
    if (tuner_.init(kShape, record, &context) != 0) return "an error code";
    const auto log = take_log();
    const auto warnings = lines_of(log, nccl::abi::kWarn);
    taken_ = warnings.empty();
    if (log.size() != 1) return "lines: " + std::to_string(log.size());
    if (log[0].text.find_first_of("\n\r") != std::string::npos) return "more than one line";
    const nccl::ChoiceTable stock;
    const auto found = differences(tuner_, context, taken_ ? table : stock, kShape, 3, 25);
    tuner_.stop(context);
    return found.empty() ? "" : found.front();
  }
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  TemporaryFolder folder_;
  Variable variable_{nccl::kTableVariable, folder_.path("table.json")};
  OpenLibrary library_{{PLEACH_PLUGIN_DIR "/libnccl-tuner-pleach.so"}};
  AnyTuner tuner_ = tuner_version(library_, 6);
  bool taken_ = false;
};

nccl::ChoiceTable table_for(std::uint64_t seed) {
  Random random(seed);
  nccl::ChoiceTable table = random_table(random);
  if (table.rows.size() > 12) table.rows.resize(12);
  return table;
}

TEST_CASE("tuner_plugin: a table cut off anywhere") {
  Victim victim;
  const nccl::ChoiceTable table = table_for(1);
  const std::string text = write_choice_table(table);
  CHECK(victim.trouble_with(text, table).empty());
  CHECK(victim.taken());
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK(victim.trouble_with(text.substr(0, length), table) == "");
    CHECK(victim.taken() == (length == text.size() - 1));  // the last byte ends the line
  }
}

TEST_CASE("tuner_plugin: a table with bytes that flipped") {
  Victim victim;
  Random random(2);
  int taken = 0;
  for (int round = 0; round < 1000; ++round) {
    CAPTURE(round);
    const nccl::ChoiceTable table = table_for(round % 10);
    std::string text = write_choice_table(table);
    for (std::uint64_t flips = number(random, 1, 3); flips > 0; --flips) {
      text[number(random, 0, text.size() - 1)] ^= static_cast<char>(number(random, 1, 255));
    }
    // The digest holds what the rows decide: one that is taken decides as it did.
    CHECK(victim.trouble_with(text, table) == "");
    taken += victim.taken() ? 1 : 0;
  }
  CHECK(taken > 0);  // a remark or a name was hit
  CHECK(taken < 500);
}

nlohmann::json random_value(Random& random) {
  static const std::vector<nlohmann::json> values = {
      nullptr,
      true,
      false,
      -1,
      0,
      1,
      2,
      8,
      64,
      65,
      1.5,
      1e300,
      65536,
      9223372036854775807ULL,
      18446744073709551615ULL,
      "",
      "ring",
      "simple",
      "nvls",
      "ll",
      "allreduce",
      "sendrecv",
      "\x01\n",
      nlohmann::json::array(),
      nlohmann::json::object(),
      {{"algorithm", "ring"}, {"protocol", "ll"}, {"channels", 3}}};
  return values[number(random, 0, values.size() - 1)];
}

TEST_CASE("tuner_plugin: a table edited by hand, its digest made good") {
  Victim victim;
  Random random(3);
  int taken = 0;
  for (int round = 0; round < 1000; ++round) {
    CAPTURE(round);
    const nccl::ChoiceTable table = table_for(round % 10);
    if (table.rows.empty()) continue;
    auto json = nlohmann::json::parse(write_choice_table(table));
    auto& rows = json["rows"];
    for (std::uint64_t edits = number(random, 1, 2); edits > 0; --edits) {
      auto& row = rows[number(random, 0, rows.size() - 1)];
      if (!row.is_object()) continue;
      static const std::vector<std::string> keys = {"collective", "min_bytes",      "max_bytes",
                                                    "nodes",      "ranks_per_node", "registered",
                                                    "choice",     "source",         "unknown"};
      const std::string& key = keys[number(random, 0, keys.size() - 1)];
      switch (number(random, 0, 4)) {
        case 0: row.erase(key); break;
        case 1: rows.push_back(row); break;
        case 2:
          if (row["choice"].is_object()) row["choice"]["channels"] = random_value(random);
          break;
        default: row[key] = random_value(random);
      }
    }
    // With the digest that the reader asks for, if the rows are good at all.
    auto read = nccl::read_choice_table(json.dump(), "edited");
    if (!read.ok() && read.mistakes().front().pointer == "/digest") {
      json["digest"] = read.mistakes().front().expected;
      read = nccl::read_choice_table(json.dump(), "edited");
      CHECK(read.ok());
    }
    CHECK(victim.trouble_with(json.dump(), read.ok() ? read.value() : table) == "");
    CHECK(victim.taken() == read.ok());
    taken += victim.taken() ? 1 : 0;
  }
  CHECK(taken > 50);
  CHECK(taken < 950);
}

TEST_CASE("tuner_plugin: what is no table at all") {
  Victim victim;
  const nccl::ChoiceTable table = table_for(1);
  for (const std::string& text : std::vector<std::string>{
           "", " ", "null", "[]", "{}", std::string(1000, '['), std::string(100, '\0'), "\xFF\xFE",
           "{\"format\":\"pleach-schedule/1\"}", "{\"format\":\"pleach-nccl-table/2\"}",
           std::string((std::size_t{16} << 20U) + 1, ' ')}) {
    CHECK(victim.trouble_with(text, table) == "");
    CHECK_FALSE(victim.taken());
  }
}

}  // namespace
}  // namespace pleach
