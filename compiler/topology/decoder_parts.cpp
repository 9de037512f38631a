#include <algorithm>
#include <array>

#include "compiler/core/suggest.hpp"
#include "compiler/topology/decoder.hpp"

namespace pleach {
namespace {

constexpr std::string_view kRate = R"(a rate above 0 with a unit, e.g. "400 Gb/s")";

template <class Value>
std::vector<std::string_view> names_of(const std::map<std::string, Value>& map) {
  std::vector<std::string_view> names;
  for (const auto& entry : map) names.push_back(entry.first);
  return names;
}

}  // namespace

std::string count_entries(std::size_t number) {
  return std::to_string(number) + (number == 1 ? " entry" : " entries");
}

void Decoder::report(const JsonValue& value, const Diagnostics& mistakes) {
  for (const Diagnostic& mistake : mistakes) {
    reader_.report(value, mistake.message, mistake.expected, mistake.fix);
  }
}

std::string Decoder::text(const JsonValue& value,
                          std::string_view what,
                          std::string_view expected) {
  // Ids are copied for every node and rates are exact whatever their digits: both must stay small.
  constexpr std::size_t kLongest = 200;
  const std::string* const content = reader_.string(value, what, expected);
  if (content == nullptr) return "";
  if (content->empty()) {
    reader_.report(value, std::string(what) + " is empty", std::string(expected));
  } else if (content->size() > kLongest) {
    reader_.report(value, std::string(what) + " has " + std::to_string(content->size()) + " bytes",
                   "at most " + std::to_string(kLongest));
    return "";
  }
  return *content;
}

std::optional<Bandwidth> Decoder::bandwidth(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = find(object, key);
  if (value == nullptr) return std::nullopt;
  const std::string name = "key " + in_quotes(key);
  const std::string written = text(*value, name, kRate);
  if (written.empty()) return std::nullopt;
  auto rate = parse_bandwidth(written);
  if (!rate) {
    reader_.report(*value, name + " is " + in_quotes(written) + ", not a rate", std::string(kRate));
  }
  return rate;  // 0 is a rate: validate leaves such links out
}

std::optional<Latency> Decoder::latency(const JsonValue& object) {
  constexpr std::string_view kTime = R"(a time in ns, us or ms, e.g. "0.35 us")";
  const JsonValue* const value = find(object, "latency");
  if (value == nullptr) return std::nullopt;
  const std::string written = text(*value, R"(key "latency")", kTime);
  if (written.empty()) return std::nullopt;
  auto time = parse_latency(written);
  if (!time) {
    reader_.report(*value, "key \"latency\" is " + in_quotes(written) + ", not a time",
                   std::string(kTime));
  }
  return time;
}

Loop Decoder::loop(const JsonValue& object) {
  constexpr std::string_view kRanges = R"(numbers such as "0-7" or "0,3,8-11")";
  Loop loop;
  const JsonValue* const value = find(object, "for");
  if (value == nullptr) return loop;
  const JsonObject* const members =
      reader_.object(*value, R"(key "for")", R"(variables with their numbers, e.g. {"g": "0-7"})");
  if (members == nullptr) return loop;
  for (const auto& [name, range] : *members) {
    const std::string what = "the range of " + in_quotes(name);
    const auto is_letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !is_letter(name.front()) || !std::ranges::all_of(name, [&](char c) {
          return is_letter(c) || (c >= '0' && c <= '9');
        })) {
      reader_.report(range, "a variable of \"for\" is named " + in_quotes(name),
                     "a name of letters, digits and _");
    }
    const auto* number = std::get_if<JsonNumber>(&range.content);
    const std::string written = number != nullptr ? number->text : text(range, what, kRanges);
    auto ranges = parse_number_ranges(written);
    if (!ranges && !written.empty()) {
      reader_.report(range, what + " is " + in_quotes(written), std::string(kRanges));
    }
    for (const NumberRange& part : ranges.value_or(NumberRanges{})) {
      if (part.width == 0) continue;
      reader_.report(range, what + " is " + in_quotes(written) + ", with leading zeros",
                     std::string(kRanges), "ids made from it have none, so write none");
      break;
    }
    loop.variables.push_back(name);
    loop.ranges.push_back(std::move(ranges).value_or(NumberRanges{{0, 0, 0}}));
  }
  return loop;
}

IdPattern Decoder::id_pattern(const JsonValue* value, std::string_view what, const Loop& loop) {
  if (value == nullptr) return {};
  const std::string written = text(*value, what, R"(a node id, e.g. "gpu0" or "gpu{g}")");
  auto pattern = parse_id_pattern(written, loop.variables);
  if (pattern.ok()) return std::move(pattern).value();
  report(*value, pattern.mistakes());
  return {};
}

const LinkClass* Decoder::class_named(const JsonValue& value) {
  const std::string name = text(value, R"(key "class")", "the name of a link class");
  if (name.empty()) return nullptr;
  const auto found = description_.visible_classes.find(name);
  if (found != description_.visible_classes.end()) return found->second;
  const auto known = names_of(description_.visible_classes);
  reader_.report(value, "the link class " + in_quotes(name) + " is not known",
                 "a name from \"link_classes\"", did_you_mean(name, known));
  return nullptr;
}

CableProperties Decoder::cable(const JsonValue& object, std::string_view what) {
  CableProperties cable;
  const JsonValue* const class_value = find(object, "class");
  if (class_value != nullptr) {
    if (const LinkClass* const link_class = class_named(*class_value)) {
      cable.bandwidth = link_class->bandwidth;
      cable.reverse_bandwidth = link_class->reverse_bandwidth.value_or(link_class->bandwidth);
      cable.latency = link_class->latency;
    }
  } else if (find(object, "bandwidth") == nullptr) {
    reader_.report_missing(object, {"bandwidth", "class"}, std::string(what) + " has no bandwidth",
                           R"("bandwidth" or "class")");
  }
  // A bandwidth of its own replaces both directions of the class.
  if (const auto own = bandwidth(object, "bandwidth"))
    cable.bandwidth = cable.reverse_bandwidth = *own;
  if (const auto own = bandwidth(object, "reverse_bandwidth")) cable.reverse_bandwidth = *own;
  if (const auto own = latency(object)) cable.latency = *own;
  if (const JsonValue* const count = find(object, "count")) {
    cable.count = reader_.whole_number(*count, R"(key "count")", 1, 1'000'000'000).value_or(1);
  }
  return cable;
}

LabelPatterns Decoder::labels(const JsonValue& object, const Loop& loop) {
  constexpr std::string_view kLabels = R"(names with strings, e.g. {"host": "node07"})";
  LabelPatterns patterns;
  const JsonValue* const labels = find(object, "labels");
  if (labels == nullptr) return patterns;
  const JsonObject* const members = reader_.object(*labels, R"(key "labels")", kLabels);
  if (members == nullptr) return patterns;
  for (const auto& [name, value] : *members) {
    const std::string* const written =
        reader_.plain_string(value, "the label " + in_quotes(name), kLabels);
    if (written == nullptr) continue;
    auto pattern = parse_id_pattern(*written, loop.variables);
    if (pattern.ok()) {
      patterns.emplace_back(name, std::move(pattern).value());
    } else {
      report(value, pattern.mistakes());
    }
  }
  return patterns;
}

NodeProperties Decoder::node_properties(const JsonValue& object, const Loop& loop) {
  constexpr std::string_view kTypes = R"("gpu", "switch", "nic" or "cpu")";
  constexpr std::array<std::pair<std::string_view, NodeType>, 4> kNames = {
      {{"gpu", NodeType::Gpu},
       {"switch", NodeType::Switch},
       {"nic", NodeType::Nic},
       {"cpu", NodeType::Cpu}}};
  NodeProperties properties;
  if (const JsonValue* const type = reader_.require(object, "type", kTypes)) {
    const std::string name = text(*type, R"(key "type")", kTypes);
    const auto known = std::ranges::find(kNames, name, &decltype(kNames)::value_type::first);
    if (known != kNames.end()) {
      properties.type = known->second;
    } else if (!name.empty()) {
      constexpr std::array<std::string_view, 4> kCandidates = {"gpu", "switch", "nic", "cpu"};
      reader_.report(*type, "the node type " + in_quotes(name) + " is not known",
                     std::string(kTypes), did_you_mean(name, kCandidates));
    }
  }
  if (const JsonValue* const kind = find(object, "kind")) {
    text(*kind, R"(key "kind")", R"(a word, e.g. "nvswitch")");
  }
  for (const std::string_view flag : {"multicast", "reduce", "relay"}) {
    const JsonValue* const value = find(object, flag);
    if (value == nullptr) continue;
    const auto content = reader_.boolean(*value, "key " + in_quotes(flag));
    if (flag == "relay" && content == false) {
      reader_.report(*value, "nodes that do not relay are not supported yet",
                     "\"relay\": true, which is the default");
    }
  }
  properties.labels = labels(object, loop);
  properties.throughput = bandwidth(object, "throughput");
  if (properties.throughput && properties.type == NodeType::Gpu) {
    reader_.report(*find(object, "throughput"), "the throughput of a gpu is not supported yet",
                   "\"throughput\" on a switch, nic or cpu",
                   "put a switch with this throughput between the gpu and its links");
  }
  return properties;
}

}  // namespace pleach
