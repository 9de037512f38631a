#include "compiler/topology/decode_description.hpp"

#include <algorithm>
#include <array>

#include "compiler/topology/decoder.hpp"

namespace pleach {
namespace {

constexpr std::string_view kFormat = "pleach-topology/1";

constexpr std::string_view kPatternPair = R"(two node ids, e.g. ["gpu0", "sw0"])";

// Notes keys of a schedule, all at once. What else is wrong then says nothing.
bool has_keys_of_a_schedule(JsonReader& reader) {
  constexpr std::array<std::string_view, 8> kOfSchedules = {
      "collective",   "topology", "routes", "broadcast_trees",
      "reduce_trees", "algbw",    "bound",  "generator"};
  const auto* const members = std::get_if<JsonObject>(&reader.document().root.content);
  std::string found;
  const JsonValue* first = nullptr;
  for (const auto& [key, value] : *members) {
    if (std::ranges::find(kOfSchedules, key) == kOfSchedules.end()) continue;
    if (first == nullptr) first = &value;
    found += (found.empty() ? "" : ", ") + in_quotes(key);
  }
  if (first == nullptr) return false;
  reader.report(*first, "a topology has keys of a schedule: " + found,
                "a topology or a schedule, not both in one file",
                "delete these keys, or write \"format\": \"pleach-schedule/1\" if it is one");
  return true;
}

}  // namespace

void Decoder::link_class(const JsonValue& value, LinkClass& link_class) {
  constexpr std::string_view kClass = R"({"bandwidth": "50 GB/s"})";
  if (reader_.object(value, "a link class", kClass) == nullptr) return;
  reader_.check_keys(value, "a link class",
                     {"bandwidth", "reverse_bandwidth", "latency", "efficiency"});
  if (reader_.require(value, "bandwidth", R"(a rate, e.g. "50 GB/s")") != nullptr) {
    link_class.bandwidth = bandwidth(value, "bandwidth").value_or(Bandwidth{});
  }
  link_class.reverse_bandwidth = bandwidth(value, "reverse_bandwidth");
  link_class.latency = latency(value).value_or(Latency{});
  // Checked and left out: schedules are made for the nominal rates.
  if (const JsonValue* const value_of = find(value, "efficiency")) {
    constexpr std::string_view kFraction = "a number above 0, at most 1, e.g. 0.82";
    const auto efficiency = reader_.number(*value_of, R"(key "efficiency")", kFraction);
    if (efficiency && (efficiency->sign() <= 0 || *efficiency > Rational(1))) {
      reader_.report(*value_of, "key \"efficiency\" is " + describe(*value_of),
                     std::string(kFraction));
    }
  }
}

std::optional<HostPattern> Decoder::host_pattern(const JsonValue& value) {
  auto pattern =
      parse_host_pattern(text(value, "a pattern", R"(a node id, * and hostlists allowed)"));
  if (pattern.ok()) return std::move(pattern).value();
  if (const auto* content = std::get_if<std::string>(&value.content);
      content && !content->empty()) {
    report(value, pattern.mistakes());
  }
  return std::nullopt;
}

void Decoder::degraded_entry(const JsonValue& object, std::vector<DegradedEntry>& entries) {
  if (reader_.object(object, "an entry of \"degraded\"", R"({"remove": "box0/nic3"})") == nullptr) {
    return;
  }
  reader_.check_keys(object, "an entry of \"degraded\"",
                     {"remove", "link", "count", "scale", "bandwidth", "latency", "why"});
  DegradedEntry entry;
  entry.origin = origin(object);
  if (const JsonValue* const why = find(object, "why")) {
    reader_.string(*why, R"(key "why")", "a reason, for the reader");
  }
  if (const JsonValue* const count = find(object, "count")) {
    entry.count = reader_.whole_number(*count, R"(key "count")", 0, 1'000'000'000);
  }
  if (const JsonValue* const scale = find(object, "scale")) {
    constexpr std::string_view kScale = "a number from 0 to 1, e.g. 0.5";
    entry.scale = reader_.number(*scale, R"(key "scale")", kScale);
    if (entry.scale && (entry.scale->sign() < 0 || *entry.scale > Rational(1))) {
      reader_.report(*scale, "key \"scale\" is " + describe(*scale), std::string(kScale));
    }
  }
  entry.bandwidth = bandwidth(object, "bandwidth");
  entry.latency = latency(object);
  bool has_change = false;
  for (const std::string_view key : {"count", "scale", "bandwidth", "latency"}) {
    has_change = has_change || find(object, key) != nullptr;
  }

  const JsonValue* const remove = find(object, "remove");
  const JsonValue* const link = find(object, "link");
  if ((remove == nullptr) == (link == nullptr)) {
    reader_.report(object,
                   "an entry of \"degraded\" has " +
                       std::string(remove == nullptr ? "neither \"remove\" nor \"link\""
                                                     : "both \"remove\" and \"link\""),
                   R"("remove": a pattern, or "link": two patterns and what changes)");
    return;
  }
  if (remove != nullptr) {
    entry.remove = host_pattern(*remove);
    if (has_change) {
      reader_.report(object, "an entry with \"remove\" changes a link as well", "two entries");
    }
  } else {
    const JsonArray* const ends = reader_.array(*link, R"(key "link")", kPatternPair);
    if (ends != nullptr && ends->size() != 2) {
      reader_.report(*link, "key \"link\" has " + count_entries(ends->size()),
                     std::string(kPatternPair));
    } else if (ends != nullptr) {
      auto from = host_pattern(ends->front());
      auto to = host_pattern(ends->back());
      if (from && to) entry.ends.emplace(*std::move(from), *std::move(to));
    }
    if (!has_change) {
      reader_.report(object, "an entry of \"degraded\" names a link but no change",
                     R"("count", "scale", "bandwidth" or "latency")",
                     "\"count\": 0 takes the link away");
    }
  }
  entries.push_back(std::move(entry));
}

void Decoder::degraded(const JsonValue& value, std::vector<DegradedEntry>& entries) {
  each(&value, R"(key "degraded")", "an array of what is broken",
       [&](const JsonValue& item) { degraded_entry(item, entries); });
}

void Decoder::ranks(const JsonValue& value, std::vector<RankEntry>& entries) {
  constexpr std::string_view kRanks = R"(a pattern such as "box{b}/gpu{g}", or an array of them)";
  const auto add = [&](const JsonValue& item) {
    const std::string pattern_text = text(item, R"(an entry of "ranks")", kRanks);
    if (pattern_text.empty()) return;
    auto pattern = parse_rank_pattern(pattern_text);
    if (pattern.ok()) {
      entries.push_back({origin(item), std::move(pattern).value()});
    } else {
      report(item, pattern.mistakes());
    }
  };
  if (std::holds_alternative<std::string>(value.content)) {
    add(value);
  } else {
    each(&value, R"(key "ranks")", kRanks, add);
  }
}

void decode_description(JsonReader& reader,
                        std::int32_t document,
                        DescriptionKind kind,
                        const FindBuiltin& find_builtin,
                        Description& description) {
  const JsonValue& root = reader.document().root;
  const std::string expected_format = "\"format\": " + in_quotes(kFormat);
  reader.check_keys(root, "a topology", {"format"}, JsonReader::UnknownKeys::Kept);
  const std::string* const format = reader.require_string(root, "format", expected_format);
  if (format == nullptr || *format != kFormat) {
    if (format != nullptr) {
      reader.report(*find(root, "format"), "the format is " + in_quotes(*format), expected_format,
                    format->starts_with("pleach-schedule/")
                        ? "this is a schedule; `pleach verify` checks it and `pleach run` runs it"
                        : "");
    }
    description.names_are_complete = false;
    return;  // what follows means something else
  }
  if (has_keys_of_a_schedule(reader)) {
    description.names_are_complete = false;
    return;
  }
  Decoder decoder(reader, document, find_builtin, description);
  if (kind == DescriptionKind::Library) {
    reader.check_keys(root, "an included file",
                      {"format", "name", "include", "link_classes", "templates"});
  } else {
    // A key that is not known may be a misspelt "nodes".
    decoder.names_succeed([&] {
      reader.check_keys(root, "a topology",
                        {"format", "name", "include", "link_classes", "templates", "nodes",
                         "matrix", "links", "fabrics", "degraded", "ranks"});
    });
    constexpr std::string_view kName = R"(a name, e.g. "pair")";
    if (const JsonValue* const value = reader.require(root, "name", kName)) {
      const auto* const name = reader.plain_string(*value, R"(key "name")", kName);
      if (name != nullptr) description.name = *name;
    }
  }

  const auto add_visible = [&](auto& visible, const auto& entry, const JsonValue& value,
                               const char* what) {
    if (visible.try_emplace(entry.first, &entry.second).second) return;
    reader.report(value,
                  "the " + std::string(what) + " " + in_quotes(entry.first) +
                      " is also defined by an included file",
                  "every name once", "rename it");
  };
  if (const JsonValue* const classes = find(root, "link_classes")) {
    const JsonObject* const members =
        reader.object(*classes, R"(key "link_classes")", "names with their link classes");
    if (members != nullptr) {
      for (const auto& [name, value] : *members) {
        const auto entry = description.link_classes.try_emplace(name).first;
        decoder.link_class(value, entry->second);
        add_visible(description.visible_classes, *entry, value, "link class");
      }
    }
  }
  if (const JsonValue* const templates = find(root, "templates")) {
    const JsonObject* const members =
        reader.object(*templates, R"(key "templates")", "names with what they stand for");
    if (members != nullptr) {
      // All names first: a template may use one that stands below it.
      for (const auto& [name, value] : *members) {
        const auto entry = description.templates.try_emplace(name).first;
        add_visible(description.visible_templates, *entry, value, "template");
      }
      for (const auto& [name, value] : *members) {
        const std::string what = "the template " + in_quotes(name);
        const bool is_body = decoder.names_succeed([&] {
          if (reader.object(value, what, "nodes and links") == nullptr) return;
          reader.check_keys(value, what, {"nodes", "links", "matrix", "fabrics"});
        });
        if (is_body) decoder.body(value, description.templates.at(name));
      }
    }
  }
  if (kind == DescriptionKind::Library) return;
  decoder.body(root, description.body);
  if (const JsonValue* const value = find(root, "degraded"))
    decoder.degraded(*value, description.degraded);
  if (const JsonValue* const value = find(root, "ranks")) {
    decoder.ranks(*value, description.ranks.emplace());
  }
}

}  // namespace pleach
