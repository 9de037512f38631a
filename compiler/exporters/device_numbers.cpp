#include "compiler/exporters/device_numbers.hpp"

#include <charconv>
#include <map>

namespace pleach::exporters {
namespace {

const Node& gpu(const Topology& topology, int rank) {
  return topology.node(topology.ranks[static_cast<std::size_t>(rank)]);
}

}  // namespace

Result<std::vector<std::int64_t>> device_numbers(const Topology& topology,
                                                 const Host& host,
                                                 const std::string& file) {
  if (const auto mistake = nccl::find_half_labelled(topology, host.ranks, "dev", file)) {
    return *mistake;
  }
  std::vector<std::int64_t> numbers;
  if (label_of(gpu(topology, host.ranks.front()), "dev") == nullptr) {
    for (std::size_t i = 0; i < host.ranks.size(); ++i) {
      numbers.push_back(static_cast<std::int64_t>(i));
    }
    return numbers;
  }
  Diagnostics mistakes;
  std::map<std::int64_t, int> rank_of;
  for (const int rank : host.ranks) {
    const std::string& text = *label_of(gpu(topology, rank), "dev");
    const auto number = whole_number(text);
    std::string message;
    if (!number) {
      message = "label \"dev\" of \"" + gpu(topology, rank).id + "\" is \"" + text + "\"";
    } else if (const auto [entry, is_new] = rank_of.emplace(*number, rank); !is_new) {
      message = "\"" + gpu(topology, entry->second).id + "\" and \"" + gpu(topology, rank).id +
                "\" have the same label \"dev\", \"" + text + "\"";
    }
    if (!message.empty()) {
      mistakes.push_back({.file = file,
                          .pointer = "",
                          .message = message,
                          .expected = "NVML's number of the GPU in its host, e.g. \"0\"",
                          .fix = ""});
    }
    numbers.push_back(number.value_or(0));
  }
  if (!mistakes.empty()) return mistakes;
  return numbers;
}

std::optional<std::int64_t> whole_number(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || text.front() == '-') return std::nullopt;
  return value;
}

}  // namespace pleach::exporters
