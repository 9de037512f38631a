#include "compiler/nccl/gpu_generation.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

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

std::optional<int> sm_of_label(const std::string& label) {
  int sm = 0;
  const char* const end = label.data() + label.size();
  const auto [rest, error] = std::from_chars(label.data(), end, sm);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return sm;
}

}  // namespace

const std::vector<GpuGeneration>& gpu_generations() {
  static const std::vector<GpuGeneration> generations = {
      {.name = "Pascal", .sm = 60, .link = 20, .effective = 18, .links = 4},
      {.name = "Volta", .sm = 70, .link = 25, .effective = 20, .links = 6},
      {.name = "Ampere", .sm = 80, .link = 25, .effective = 20, .links = 12},
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

std::optional<GpuGeneration> guess_generation(const Topology& topology) {
  std::set<std::string> labels;
  for (const NodeId gpu : topology.ranks) {
    const std::string* const label = label_of(topology.node(gpu), "sm");
    if (label != nullptr) labels.insert(*label);
  }
  if (labels.size() > 1) return std::nullopt;
  if (labels.size() == 1) {
    const auto sm = sm_of_label(*labels.begin());
    return sm ? generation_of_sm(*sm) : std::nullopt;
  }
  const std::vector<Rational> rates = scale_up_rates(topology);
  const Rational most = *std::ranges::max_element(rates);
  for (const GpuGeneration& generation : gpu_generations()) {
    if (generation.link * Rational(generation.links) == most) return generation;
  }
  return std::nullopt;
}

std::vector<bool> scale_up_links(const Topology& topology) {
  // A switch counts when all its neighbours are GPUs.
  std::vector<bool> joins_others(topology.num_nodes());
  const auto is_gpu = [&](NodeId node) { return topology.node(node).type == NodeType::Gpu; };
  for (const Link& link : topology.links) {
    if (!is_gpu(link.to)) joins_others[index(link.from)] = true;
    if (!is_gpu(link.from)) joins_others[index(link.to)] = true;
  }
  const auto counts = [&](NodeId node) {
    return is_gpu(node) ||
           (topology.node(node).type == NodeType::Switch && !joins_others[index(node)]);
  };
  std::vector<bool> result;
  for (const Link& link : topology.links) result.push_back(counts(link.from) && counts(link.to));
  return result;
}

Topology at_effective_rates(const Topology& topology, const GpuGeneration& generation) {
  Topology result = topology;
  const std::vector<bool> scale_up = scale_up_links(topology);
  for (std::size_t i = 0; i < result.links.size(); ++i) {
    if (scale_up[i]) {
      result.links[i].bandwidth.gigabytes_per_second *= generation.effective / generation.link;
    }
  }
  return result;
}

}  // namespace pleach::nccl
