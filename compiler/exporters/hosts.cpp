#include "compiler/exporters/hosts.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "compiler/topology/boxes.hpp"

namespace pleach::exporters {
namespace {

const Node& gpu(const Topology& topology, int rank) {
  return topology.node(topology.ranks[static_cast<std::size_t>(rank)]);
}

// Puts each rank to those of the same name.
std::vector<Host> group(const std::vector<std::string>& name_of_rank) {
  std::vector<Host> hosts;
  std::map<std::string, std::size_t> position;
  for (std::size_t rank = 0; rank < name_of_rank.size(); ++rank) {
    const auto [entry, is_new] = position.emplace(name_of_rank[rank], hosts.size());
    if (is_new) hosts.push_back({.name = name_of_rank[rank], .ranks = {}});
    hosts[entry->second].ranks.push_back(static_cast<int>(rank));
  }
  return hosts;
}

// Where some GPUs have a label and others do not.
Diagnostic half_labelled(const Topology& topology,
                         const std::string& label,
                         int with,
                         int without,
                         const std::string& file) {
  return {.file = file,
          .pointer = "",
          .message = "\"" + gpu(topology, without).id + "\" has no label \"" + label +
                     "\", while \"" + gpu(topology, with).id + "\" has one",
          .expected = "the label \"" + label + "\" at all GPUs, or at none",
          .fix = ""};
}

struct Labelled {
  std::optional<int> with;  // the first rank that has the label
  std::optional<int> without;
};

Labelled find_label(const Topology& topology,
                    const std::vector<int>& ranks,
                    const std::string& label) {
  Labelled found;
  for (const int rank : ranks) {
    auto& first = label_of(gpu(topology, rank), label) != nullptr ? found.with : found.without;
    if (!first) first = rank;
  }
  return found;
}

}  // namespace

Result<std::vector<Host>> find_hosts(const Topology& topology, const std::string& file) {
  std::vector<int> all;
  for (std::size_t rank = 0; rank < topology.num_ranks(); ++rank) {
    all.push_back(static_cast<int>(rank));
  }
  const Labelled label = find_label(topology, all, "host");
  if (label.with && label.without) {
    return half_labelled(topology, "host", *label.with, *label.without, file);
  }
  const Boxes boxes = boxes_of(topology);
  const bool boxed = std::ranges::all_of(
      topology.ranks, [&](NodeId node) { return boxes.box_of[index(node)].has_value(); });
  std::vector<std::string> names;
  for (const NodeId node : topology.ranks) {
    if (label.with) {
      names.push_back(*label_of(topology.node(node), "host"));
    } else if (boxed) {
      names.push_back(boxes.list[static_cast<std::size_t>(*boxes.box_of[index(node)])].name);
    } else {
      names.emplace_back();
    }
  }
  return group(names);
}

std::optional<Diagnostic> doubt_host(const Host& host, const std::string& file) {
  constexpr std::size_t kMost = 32;
  if (host.ranks.size() <= kMost) return std::nullopt;
  return Diagnostic{.file = file,
                    .pointer = "",
                    .message = std::to_string(host.ranks.size()) +
                               " GPUs are taken for those of one host, and numbered as NVML would",
                    .expected = "",
                    .fix = "if they stand in several hosts, give them the label \"host\""};
}

Result<std::vector<std::int64_t>> device_numbers(const Topology& topology,
                                                 const Host& host,
                                                 const std::string& file) {
  const Labelled label = find_label(topology, host.ranks, "dev");
  if (label.with && label.without) {
    return half_labelled(topology, "dev", *label.with, *label.without, file);
  }
  std::vector<std::int64_t> numbers;
  if (!label.with) {
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
