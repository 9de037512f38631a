#include "compiler/nccl/hosts.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "compiler/topology/boxes.hpp"

namespace pleach::nccl {
namespace {

// The name of each rank's host; empty where not every rank has one.
std::vector<std::string> host_names(const Topology& topology) {
  std::vector<std::string> names;
  for (const NodeId gpu : topology.ranks) {
    if (const std::string* const host = label_of(topology.node(gpu), "host")) {
      names.push_back(*host);
    }
  }
  if (names.size() == topology.num_ranks()) return names;
  names.clear();
  const Boxes boxes = boxes_of(topology);
  for (const NodeId gpu : topology.ranks) {
    if (const auto box = boxes.box_of[index(gpu)]) {
      names.push_back(boxes.list[static_cast<std::size_t>(*box)].name);
    }
  }
  if (names.size() != topology.num_ranks()) names.clear();
  return names;
}

}  // namespace

std::vector<Host> hosts_of(const Topology& topology) {
  std::vector<std::string> names = host_names(topology);
  names.resize(topology.num_ranks());
  std::map<std::string, std::size_t> position;
  std::vector<Host> hosts;
  for (std::size_t rank = 0; rank < names.size(); ++rank) {
    const auto [place, is_new] = position.try_emplace(names[rank], hosts.size());
    if (is_new) hosts.push_back({.name = names[rank], .ranks = {}});
    hosts[place->second].ranks.push_back(static_cast<int>(rank));
  }
  return hosts;
}

Result<std::vector<Host>> find_hosts(const Topology& topology, const std::string& file) {
  std::vector<int> all(topology.num_ranks());
  std::iota(all.begin(), all.end(), 0);
  if (const auto mistake = find_half_labelled(topology, all, "host", file)) return *mistake;
  return hosts_of(topology);
}

std::optional<Diagnostic> find_half_labelled(const Topology& topology,
                                             const std::vector<int>& ranks,
                                             const std::string& label,
                                             const std::string& file) {
  const Node* with = nullptr;
  const Node* without = nullptr;
  for (const int rank : ranks) {
    const Node& gpu = topology.node(topology.ranks[static_cast<std::size_t>(rank)]);
    const Node*& first = label_of(gpu, label) != nullptr ? with : without;
    if (first == nullptr) first = &gpu;
  }
  if (with == nullptr || without == nullptr) return std::nullopt;
  return Diagnostic{.file = file,
                    .pointer = "",
                    .message = "\"" + without->id + "\" has no label \"" + label + "\", while \"" +
                               with->id + "\" has one",
                    .expected = "the label \"" + label + "\" at all GPUs, or at none",
                    .fix = ""};
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

Topology part_of(const Topology& topology,
                 const std::vector<NodeId>& nodes,
                 const std::vector<LinkId>& links,
                 const std::vector<int>& ranks) {
  Topology result{.name = topology.name, .nodes = {}, .links = {}, .ranks = {}};
  std::map<NodeId, NodeId> place;
  for (const NodeId node : nodes) {
    place.emplace(node, static_cast<NodeId>(result.nodes.size()));
    result.nodes.push_back(topology.node(node));
  }
  for (const LinkId id : links) {
    Link link = topology.links[index(id)];
    link.from = place.at(link.from);
    link.to = place.at(link.to);
    result.links.push_back(std::move(link));
  }
  for (const int rank : ranks) {
    result.ranks.push_back(place.at(topology.ranks[static_cast<std::size_t>(rank)]));
  }
  return result;
}

Topology only_hosts(const Topology& topology, const std::vector<Host>& hosts) {
  std::vector<int> ranks;
  for (const Host& host : hosts) ranks.insert(ranks.end(), host.ranks.begin(), host.ranks.end());
  std::ranges::sort(ranks);
  std::vector<bool> keeps(topology.num_nodes());
  for (const int rank : ranks) keeps[index(topology.ranks[static_cast<std::size_t>(rank)])] = true;

  // A box that had GPUs and has none left goes whole.
  const Boxes boxes = boxes_of(topology);
  std::vector<bool> had(boxes.list.size());
  std::vector<bool> has(boxes.list.size());
  for (const NodeId gpu : topology.ranks) {
    const auto box = boxes.box_of[index(gpu)];
    if (!box) continue;
    had[static_cast<std::size_t>(*box)] = true;
    if (keeps[index(gpu)]) has[static_cast<std::size_t>(*box)] = true;
  }
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (topology.nodes[i].type == NodeType::Gpu) continue;
    const auto box = boxes.box_of[i];
    keeps[i] = !box || !had[static_cast<std::size_t>(*box)] || has[static_cast<std::size_t>(*box)];
  }

  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
    if (keeps[i]) nodes.push_back(static_cast<NodeId>(i));
  }
  std::vector<LinkId> links;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (keeps[index(link.from)] && keeps[index(link.to)]) links.push_back(static_cast<LinkId>(i));
  }
  return part_of(topology, nodes, links, ranks);
}

}  // namespace pleach::nccl
