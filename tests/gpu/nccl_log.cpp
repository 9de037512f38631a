#include "tests/gpu/nccl_log.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pleach::gpu_check {
namespace {

constexpr std::string_view kPlugin = "pleach: ";

// "NVLS_TREE" and "NVLSTree" alike.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

template <class Values>
auto named(const Values& values, std::string_view name)
    -> std::optional<typename Values::value_type> {
  if (const auto position = number_in<std::size_t>(name)) {
    return *position < values.size() ? std::optional(values[*position]) : std::nullopt;
  }
  for (const auto value : values) {
    if (plain(nccl::name_of(value)) == plain(name)) return value;
  }
  return std::nullopt;
}

std::optional<Collective> collective_in(std::string_view name) {
  for (const Collective collective : kCollectives) {
    if (plain(name_of(collective)) == plain(name)) return collective;
  }
  return std::nullopt;
}

// Takes the text before `separator` off `rest`; all of it where there is none.
std::string_view take(std::string_view& rest, std::string_view separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? "" : rest.substr(at + separator.size());
  return taken;
}

// "AllReduce: 1024 Bytes -> Algo RING proto LL channel…"
std::optional<NcclDecision> decision_in(std::string_view words) {
  const auto collective = collective_in(take(words, ": "));
  const auto bytes = number_in<std::uint64_t>(take(words, " Bytes -> Algo "));
  const auto algorithm = named(nccl::kAlgorithms, take(words, " proto "));
  const auto protocol = named(nccl::kProtocols, take(words, " "));
  if (!collective || !bytes || !algorithm || !protocol) return std::nullopt;
  return NcclDecision{
      .collective = *collective, .bytes = *bytes, .algorithm = *algorithm, .protocol = *protocol};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool says_loaded(std::string_view words) {
  return has(words, "pleach") && (words.starts_with("Successfully loaded external tuner plugin") ||
                                  words.starts_with("TUNER/Plugin: Using "));
}

void read_line(std::string_view line, NcclLog& log) {
  constexpr std::string_view kInfo = "NCCL INFO ";
  constexpr std::string_view kWarn = "NCCL WARN ";
  const std::size_t info = line.find(kInfo);
  const std::size_t warn = line.find(kWarn);
  if (info == std::string_view::npos && warn == std::string_view::npos) return;
  // Both prefixes have one length; what comes first is the prefix, the rest is what it says.
  const std::string_view words = line.substr(std::min(info, warn) + kInfo.size());
  if (warn < info) log.warnings.emplace_back(words);
  if (words.starts_with(kPlugin)) {
    log.plugin_lines.emplace_back(words);
  } else if (has(words, " Bytes -> ")) {
    if (const auto decision = decision_in(words)) {
      log.decisions.push_back(*decision);
    } else {
      log.unread.emplace_back(words);
    }
  } else if (says_loaded(words)) {
    log.tuner_loaded = true;
  }
}

}  // namespace

NcclLog read_nccl_log(std::string_view text) {
  NcclLog log;
  while (!text.empty()) read_line(take(text, "\n"), log);
  return log;
}

std::vector<std::string> digests_told(const NcclLog& log) {
  constexpr std::string_view kTable = "pleach: table ";
  std::vector<std::string> digests;
  for (const std::string& line : log.plugin_lines) {
    if (!line.starts_with(kTable)) continue;
    digests.push_back(line.substr(kTable.size(), line.find(',') - kTable.size()));
  }
  return digests;
}

}  // namespace pleach::gpu_check
