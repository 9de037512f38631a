#include "compiler/nccl/gpu_generation.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <string>

#include "compiler/nccl/hosts.hpp"

namespace pleach::nccl {
namespace {

// GB/s that leave each GPU over scale-up links, by rank.
std::vector<Rational> scale_up_rates(const Topology& topology) {
  const std::vector<bool> scale_up = scale_up_links(topology);
  std::vector<Rational> by_node(topology.num_nodes());
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (scale_up[i]) by_node[index(link.from)] += link.bandwidth.gigabytes_per_second;
  }
  std::vector<Rational> rates;
  for (const NodeId gpu : topology.ranks) rates.push_back(by_node[index(gpu)]);
  return rates;
}

// "90", or "9.0" as NVIDIA's tools write it.
std::optional<int> sm_of_label(std::string label) {
  if (const std::size_t dot = label.find('.'); dot != std::string::npos) {
    if (dot == 0 || dot + 2 != label.size()) return std::nullopt;
    label.erase(dot, 1);
  }
  int sm = 0;
  const char* const end = label.data() + label.size();
  const auto [rest, error] = std::from_chars(label.data(), end, sm);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return sm;
}

// The generation whose whole GPU has this rate.
std::optional<GpuGeneration> generation_of_rate(const Rational& rate) {
  for (const GpuGeneration& generation : gpu_generations()) {
    if (generation.link * Rational(generation.links) == rate) return generation;
  }
  return std::nullopt;
}

std::optional<GpuGeneration> guess(const Topology& topology,
                                   const std::vector<Rational>& rates,
                                   const std::vector<int>& ranks) {
  std::set<std::string> labels;
  for (const int rank : ranks) {
    const NodeId gpu = topology.ranks[static_cast<std::size_t>(rank)];
    if (const std::string* const label = label_of(topology.node(gpu), "sm")) labels.insert(*label);
  }
  if (labels.size() > 1) return std::nullopt;
  if (labels.size() == 1) {
    const auto sm = sm_of_label(*labels.begin());
    return sm ? generation_of_sm(*sm) : std::nullopt;
  }
  Rational most;
  for (const int rank : ranks) most = std::max(most, rates[static_cast<std::size_t>(rank)]);
  const auto generation = generation_of_rate(most);
  if (!generation) return std::nullopt;
  // One that has just what a whole GPU of another kind has is rather that than a damaged one.
  for (const int rank : ranks) {
    const auto other = generation_of_rate(rates[static_cast<std::size_t>(rank)]);
    if (other && *other != *generation) return std::nullopt;
  }
  return generation;
}

}  // namespace

const std::vector<GpuGeneration>& gpu_generations() {
  static const std::vector<GpuGeneration> generations = {
      {.name = "Pascal", .sm = 60, .link = 20, .effective = 18, .links = 4},
      {.name = "Volta", .sm = 70, .link = 25, .effective = 20, .links = 6},
      {.name = "Ampere", .sm = 80, .link = 25, .effective = 20, .links = 12},
      {.name = "Ampere", .sm = 86, .link = Rational(225, 16), .effective = 12, .links = 4},
      {.name = "Hopper", .sm = 90, .link = 25, .effective = Rational(103, 5), .links = 18},
      {.name = "Blackwell", .sm = 100, .link = 50, .effective = Rational(401, 10), .links = 18},
      {.name = "MI200", .sm = 0, .link = 50, .effective = 36, .links = 7},
      {.name = "MI300", .sm = 0, .link = 64, .effective = 48, .links = 7},
  };
  return generations;
}

std::optional<GpuGeneration> generation_of_sm(int sm) {
  std::optional<GpuGeneration> newest;
  for (const GpuGeneration& generation : gpu_generations()) {
    if (generation.sm > 0 && generation.sm <= sm) newest = generation;
  }
  return newest;
}

std::vector<std::optional<GpuGeneration>> guess_generations(const Topology& topology,
                                                            const std::vector<Host>& hosts) {
  const std::vector<Rational> rates = scale_up_rates(topology);
  std::vector<std::optional<GpuGeneration>> result;
  for (const Host& host : hosts) result.push_back(guess(topology, rates, host.ranks));
  return result;
}

std::optional<GpuGeneration> guess_generation(const Topology& topology) {
  std::vector<int> ranks(topology.num_ranks());
  std::iota(ranks.begin(), ranks.end(), 0);
  return guess(topology, scale_up_rates(topology), ranks);
}

std::vector<bool> scale_up_links(const Topology& topology) {
  constexpr int kNone = -1;
  constexpr int kNoSwitch = -2;
  // The host of a GPU; of a switch the one that all its neighbours are on.
  std::vector<int> host_of(topology.num_nodes(), kNone);
  const std::vector<Host> hosts = hosts_of(topology);
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    for (const int rank : hosts[h].ranks) {
      host_of[index(topology.ranks[static_cast<std::size_t>(rank)])] = static_cast<int>(h);
    }
  }
  const auto is_gpu = [&](NodeId node) { return topology.node(node).type == NodeType::Gpu; };
  const auto meet = [&](NodeId node, NodeId neighbour) {
    if (is_gpu(node)) return;
    int& host = host_of[index(node)];
    const bool fits = topology.node(node).type == NodeType::Switch && is_gpu(neighbour) &&
                      (host == kNone || host == host_of[index(neighbour)]);
    host = fits ? host_of[index(neighbour)] : kNoSwitch;
  };
  for (const Link& link : topology.links) {
    meet(link.from, link.to);
    meet(link.to, link.from);
  }
  std::vector<bool> result;
  for (const Link& link : topology.links) {
    const int from = host_of[index(link.from)];
    result.push_back(from >= 0 && from == host_of[index(link.to)]);
  }
  return result;
}

Topology at_effective_rates(const Topology& topology, const std::vector<GpuGeneration>& by_rank) {
  Topology result = topology;
  const std::vector<bool> scale_up = scale_up_links(topology);
  const auto rank_of = pleach::rank_of_node(topology);
  for (std::size_t i = 0; i < result.links.size(); ++i) {
    if (!scale_up[i]) continue;
    const auto from = rank_of[index(result.links[i].from)];
    const int gpu = from ? *from : *rank_of[index(result.links[i].to)];
    const GpuGeneration& generation = by_rank[static_cast<std::size_t>(gpu)];
    result.links[i].bandwidth.gigabytes_per_second *= generation.effective / generation.link;
  }
  return result;
}

}  // namespace pleach::nccl
