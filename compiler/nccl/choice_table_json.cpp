// The file of a table: reading and writing.
#include <nlohmann/json.hpp>

#include "compiler/core/suggest.hpp"
#include "compiler/nccl/choice_table.hpp"
#include "compiler/topology/json_reader.hpp"

namespace pleach::nccl {
namespace {

constexpr std::string_view kFormat = "pleach-nccl-table/1";
constexpr std::int64_t kMostBytes = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostRanks = 1 << 24;

bool is_null(const JsonValue& value) {
  return std::holds_alternative<std::nullptr_t>(value.content);
}

class TableReader {
 public:
  explicit TableReader(const JsonDocument& document) : in_(document), root_(document.root) {}

  Result<ChoiceTable> read() {
    if (!check_format()) return in_.mistakes();
    in_.check_keys(root_, "a table", {"format", "topology", "rows", "digest"});
    read_topology();
    if (const JsonArray* const rows = in_.require_array(root_, "rows", "an array of rows")) {
      for (const JsonValue& row : *rows) read_row(row);
    }
    // The rows' own mistakes first: the others would follow from them.
    if (!in_.failed()) check_overlap();
    if (!in_.failed()) check_digest();
    if (in_.failed()) return in_.mistakes();
    return std::move(table_);
  }

 private:
  bool check_format() {
    const std::string expected = "\"format\":\"" + std::string(kFormat) + "\"";
    const std::string* const format = in_.require_string(root_, "format", expected);
    if (format == nullptr) return false;
    if (*format == kFormat) return true;
    in_.report(*find(root_, "format"), "the format is " + in_quotes(*format), expected,
               "`pleach tune` makes such tables");
    return false;
  }

  void read_topology() {
    const JsonValue* const topology =
        in_.require(root_, "topology", R"(e.g. {"name":"pair","digest":"…"})");
    if (topology == nullptr) return;
    in_.check_keys(*topology, "key \"topology\"", {"name", "digest"});
    if (const auto* const name = in_.require_string(*topology, "name", R"(e.g. "pair")")) {
      table_.topology_name = *name;
    }
    if (const auto* const digest = in_.require_string(*topology, "digest", "a SHA-256")) {
      table_.topology_digest = *digest;
    }
  }

  void read_row(const JsonValue& value) {
    ChoiceRow row;
    if (in_.object(value, "a row", "an object") == nullptr) return;
    in_.check_keys(value, "a row",
                   {"collective", "min_bytes", "max_bytes", "nodes", "ranks_per_node", "registered",
                    "choice", "source"});
    if (const auto collective =
            named(value, "collective", kCollectives, &collective_named, "a collective")) {
      row.collective = *collective;
    }
    if (const auto bytes = whole(value, "min_bytes", 0, kMostBytes)) {
      row.min_bytes = static_cast<std::uint64_t>(*bytes);
    }
    if (const JsonValue* const end = in_.require(value, "max_bytes", "bytes, or null: no end")) {
      if (!is_null(*end)) {
        if (const auto bytes = in_.whole_number(*end, "key \"max_bytes\"", 0, kMostBytes)) {
          row.max_bytes = static_cast<std::uint64_t>(*bytes);
          if (row.max_bytes < row.min_bytes) {
            in_.report(*end, "the range is empty: max_bytes is below min_bytes");
          }
        }
      }
    }
    if (const auto nodes = whole(value, "nodes", 1, kMostRanks))
      row.nodes = static_cast<int>(*nodes);
    if (const auto ranks = whole(value, "ranks_per_node", 1, kMostRanks)) {
      row.ranks_per_node = static_cast<int>(*ranks);
    }
    if (const auto* const registered = in_.require(value, "registered", "true, false or null")) {
      if (!is_null(*registered)) row.registered = in_.boolean(*registered, "key \"registered\"");
    }
    if (const auto* const source = in_.require_string(value, "source", R"("model")")) {
      row.source = *source;
    }
    if (const JsonValue* const choice = in_.require(value, "choice", "an object, or null")) {
      if (!is_null(*choice)) row.choice = read_choice(*choice, row.nodes);
    }
    table_.rows.push_back(std::move(row));
    places_.push_back(&value);
  }

  Choice read_choice(const JsonValue& value, int nodes) {
    Choice choice;
    in_.check_keys(value, "a choice", {"algorithm", "protocol", "channels"});
    if (const auto algorithm =
            named(value, "algorithm", kAlgorithms, &algorithm_named, "an algorithm")) {
      choice.algorithm = *algorithm;
    }
    if (const auto protocol = named(value, "protocol", kProtocols, &protocol_named, "a protocol")) {
      choice.protocol = *protocol;
    }
    if (const auto channels = whole(value, "channels", 0, kMostChannels)) {
      choice.channels = static_cast<int>(*channels);
      if (choice.channels > 0 && !checks_channels(choice.algorithm, nodes)) {
        in_.report(*find(value, "channels"),
                   "a number of channels where calls may go through CollNet",
                   "0: NCCL uses channels that are not connected when it is told too many");
      }
    }
    return choice;
  }

  // The enumerator that a member names.
  template <class Enum, std::size_t N>
  std::optional<Enum> named(const JsonValue& object,
                            std::string_view key,
                            const std::array<Enum, N>& all,
                            std::optional<Enum> (*parse)(std::string_view),
                            const std::string& what) {
    std::vector<std::string_view> names;
    std::string expected;
    for (const Enum value : all) {
      names.push_back(name_of(value));
      expected += (expected.empty() ? "" : ", ") + std::string(names.back());
    }
    const std::string* const name = in_.require_string(object, key, expected);
    if (name == nullptr) return std::nullopt;
    const auto value = parse(*name);
    if (!value) {
      in_.report(*find(object, key), in_quotes(*name) + " is not " + what, expected,
                 did_you_mean(*name, names));
    }
    return value;
  }

  std::optional<std::int64_t> whole(const JsonValue& object,
                                    std::string_view key,
                                    std::int64_t least,
                                    std::int64_t most) {
    const JsonValue* const value = in_.require(object, key, "a whole number");
    if (value == nullptr) return std::nullopt;
    return in_.whole_number(*value, "key \"" + std::string(key) + "\"", least, most);
  }

  void check_overlap() {
    const auto rows = overlapping_rows(table_.rows);
    if (!rows) return;
    in_.report(*places_[rows->second],
               "two rows answer to the same call: " + std::to_string(rows->first) + " and " +
                   std::to_string(rows->second),
               "at most one row for a collective, nodes, ranks per node, size and registration");
  }

  void check_digest() {
    const std::string* const digest = in_.require_string(root_, "digest", "a SHA-256 of the rows");
    if (digest == nullptr) return;
    const std::string right = choice_digest(table_.rows);
    if (*digest == right) return;
    in_.report(*find(root_, "digest"), "the digest is not that of the rows", right,
               "the file was cut off or changed by hand; make it again with `pleach tune`");
  }

  JsonReader in_;
  const JsonValue& root_;
  ChoiceTable table_;
  std::vector<const JsonValue*> places_;  // of the rows
};

nlohmann::ordered_json to_json(const ChoiceRow& row) {
  nlohmann::ordered_json json = {{"collective", name_of(row.collective)},
                                 {"min_bytes", row.min_bytes},
                                 {"max_bytes", nullptr},
                                 {"nodes", row.nodes},
                                 {"ranks_per_node", row.ranks_per_node},
                                 {"registered", nullptr},
                                 {"source", row.source},
                                 {"choice", nullptr}};
  if (row.max_bytes != kNoEnd) json["max_bytes"] = row.max_bytes;
  if (row.registered) json["registered"] = *row.registered;
  if (row.choice) {
    json["choice"] = {{"algorithm", name_of(row.choice->algorithm)},
                      {"protocol", name_of(row.choice->protocol)},
                      {"channels", row.choice->channels}};
  }
  return json;
}

}  // namespace

std::string write_choice_table(const ChoiceTable& table) {
  const nlohmann::ordered_json topology = {{"name", table.topology_name},
                                           {"digest", table.topology_digest}};
  std::string text = "{\"format\":\"" + std::string(kFormat) +
                     "\",\n\"topology\":" + topology.dump() + ",\n\"rows\":[";
  for (const ChoiceRow& row : table.rows) {
    text += (&row == table.rows.data() ? "\n" : ",\n") + to_json(row).dump();
  }
  return text + "],\n\"digest\":\"" + choice_digest(table.rows) + "\"}\n";
}

Result<ChoiceTable> read_choice_table(std::string_view text, const std::string& file) {
  const auto document = parse_json(text, file);
  if (!document.ok()) return document.mistakes();
  return TableReader(document.value()).read();
}

}  // namespace pleach::nccl
