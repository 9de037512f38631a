#include "compiler/tune/describe_cluster.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "compiler/baselines/in_switch.hpp"
#include "compiler/nccl/gpu_generation.hpp"
#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/connectivity.hpp"
#include "compiler/topology/digest.hpp"
#include "compiler/tune/fabric_limits.hpp"
#include "compiler/tune/host_rates.hpp"

namespace pleach::tune {
namespace {

using nccl::GpuGeneration;
using nccl::Host;

std::string name_of(const Host& host) {
  return host.name.empty() ? "the machine" : "host \"" + host.name + "\"";
}

Diagnostic mistake(std::string message, std::string expected, std::string fix) {
  return {.file = "",
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

// The generation of each rank's GPU.
Result<std::vector<GpuGeneration>> generations(const Topology& topology,
                                               const std::vector<Host>& hosts,
                                               int sm) {
  std::vector<GpuGeneration> by_rank(topology.num_ranks());
  auto guessed = nccl::guess_generations(topology, hosts);
  Diagnostics mistakes;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const Host& host = hosts[h];
    const auto found = sm > 0 ? nccl::generation_of_sm(sm) : guessed[h];
    if (!found || found->sm == 0) {
      const bool labelled = std::ranges::any_of(host.ranks, [&](int rank) {
        const NodeId gpu = topology.ranks[static_cast<std::size_t>(rank)];
        return label_of(topology.node(gpu), "sm") != nullptr;
      });
      const std::string what =
          found      ? "have the links of " + std::string(found->name) + ", which is not NVIDIA's"
          : labelled ? "have labels \"sm\" that differ, or that name no generation"
                     : "are of no generation that NCCL knows by their links";
      mistakes.push_back(
          mistake("the GPUs of " + name_of(host) + " " + what,
                  "NVIDIA GPUs whose compute capability is known",
                  "if they are, give --sm 90, or the GPUs a label: \"labels\": {\"sm\": \"90\"}"));
      continue;
    }
    for (const int rank : host.ranks) by_rank[static_cast<std::size_t>(rank)] = *found;
  }
  if (!mistakes.empty()) return mistakes;
  return by_rank;
}

// Over links between GPUs, and to switches.
bool is_joined_by_nvlink(Topology inside) {
  std::erase_if(inside.links, [&](const Link& link) {
    const auto is_other = [&](NodeId node) {
      const NodeType type = inside.node(node).type;
      return type != NodeType::Gpu && type != NodeType::Switch;
    };
    return is_other(link.from) || is_other(link.to);
  });
  return find_connectivity(inside).connected();
}

Diagnostics check_hosts(const Topology& topology,
                        const std::vector<Host>& hosts,
                        const std::vector<HostParts>& parts) {
  Diagnostics mistakes;
  if (topology.num_ranks() < 2) {
    mistakes.push_back(mistake("the machine has one GPU", "at least two", ""));
  }
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const Host& host = hosts[h];
    if (host.ranks.size() != hosts.front().ranks.size()) {
      mistakes.push_back(
          mistake(name_of(host) + " has " + std::to_string(host.ranks.size()) + " GPUs and " +
                      name_of(hosts.front()) + " has " + std::to_string(hosts.front().ranks.size()),
                  "the same number of GPUs on every host: a tuner is told ranks and nodes alone",
                  "tune for the hosts that are alike"));
    }
    if (host.ranks.size() > 1 && !is_joined_by_nvlink(inside_of(topology, host, parts[h]))) {
      mistakes.push_back(
          mistake("the GPUs of " + name_of(host) + " do not all reach each other over NVLink",
                  "links between GPUs, or to switches of the host that join GPUs alone: PCIe is "
                  "not modelled",
                  "if they stand in several hosts, give them the label \"host\""));
    }
    if (hosts.size() > 1 && parts[h].leaving.empty()) {
      mistakes.push_back(mistake("no link leaves " + name_of(host), "NICs", ""));
    }
  }
  return mistakes;
}

// The digest of what stands inside, box names left out: equal hosts are searched once.
std::string shape_of(const Topology& inside) {
  Topology renamed = inside;
  for (std::size_t i = 0; i < renamed.num_nodes(); ++i) renamed.nodes[i].id = std::to_string(i);
  return topology_digest(renamed);
}

// Of what stands inside.
HostRates rates_of(const Topology& inside) {
  HostRates rates{.gpus = static_cast<int>(inside.num_ranks())};
  if (rates.gpus < 2) return rates;
  rates.rings = ring_rate(inside);
  const std::vector<bool> scale_up = nccl::scale_up_links(inside);
  rates.narrowest = rates.rings;
  for (std::size_t i = 0; i < inside.links.size(); ++i) {
    if (!scale_up[i]) continue;
    rates.narrowest =
        std::min(rates.narrowest, inside.links[i].bandwidth.gigabytes_per_second.to_double());
  }
  const auto in_switch = baselines::in_switch_rate(inside, Collective::AllGather);
  rates.in_switch = in_switch ? in_switch->to_double() : 0;
  return rates;
}

Diagnostic no_channels(const Cluster& cluster) {
  const auto& nics = cluster.host.nics;
  std::ostringstream found;
  found << "no channel of NCCL's fits on " << cluster.hosts << " hosts: ";
  if (cluster.host.gpus > 1) found << "rings carry " << cluster.host.rings << " GB/s inside one";
  if (cluster.hosts > 1) {
    found << (cluster.host.gpus > 1 ? ", and " : "") << "its widest NIC "
          << *std::ranges::max_element(nics) << " GB/s";
  }
  return mistake(found.str(), "at least 3 GB/s inside a host and 0.12 GB/s for a NIC", "");
}

// A communicator goes at the pace of its slowest host.
void slow_down(HostRates& rates, const HostRates& other) {
  rates.sm = std::min(rates.sm, other.sm);
  rates.newest_sm = std::max(rates.newest_sm, other.newest_sm);
  rates.rings = std::min(rates.rings, other.rings);
  rates.narrowest = std::min(rates.narrowest, other.narrowest);
  rates.in_switch = std::min(rates.in_switch, other.in_switch);
  const auto sum = [](const std::vector<double>& nics) {
    double whole = 0;
    for (const double nic : nics) whole += nic;
    return whole;
  };
  if (sum(other.nics) < sum(rates.nics)) rates.nics = other.nics;
}

bool has_amd_hosts(const Topology& topology) {
  return std::ranges::any_of(topology.nodes, [](const Node& node) {
    const std::string* const vendor = label_of(node, "vendor");
    return node.type == NodeType::Cpu && vendor != nullptr && *vendor == "AuthenticAMD";
  });
}

// 1, 2, 4, … and all.
std::vector<std::size_t> sizes(std::size_t hosts, std::size_t gpus) {
  std::set<std::size_t> sizes{hosts};
  for (std::size_t size = 1; size < hosts; size *= 2) sizes.insert(size);
  if (gpus == 1) sizes.erase(1);
  return {sizes.begin(), sizes.end()};
}

}  // namespace

Result<Machine> describe_machine(const Topology& topology, int sm) {
  const auto found = nccl::find_hosts(topology, "");
  if (!found.ok()) return found.mistakes();
  const std::vector<Host>& hosts = found.value();
  const std::vector<HostParts> parts = parts_of_hosts(topology, hosts);
  if (Diagnostics mistakes = check_hosts(topology, hosts, parts); !mistakes.empty()) {
    return mistakes;
  }
  const auto by_rank = generations(topology, hosts, sm);
  if (!by_rank.ok()) return by_rank.mistakes();

  Machine machine{.effective = nccl::at_effective_rates(topology, by_rank.value())};
  std::map<std::string, HostRates> known;
  std::vector<HostRates> rates;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const Topology inside = inside_of(machine.effective, hosts[h], parts[h]);
    const auto [place, is_new] = known.try_emplace(shape_of(inside));
    if (is_new) place->second = rates_of(inside);
    rates.push_back(place->second);
    rates.back().sm = by_rank.value()[static_cast<std::size_t>(hosts[h].ranks.front())].sm;
    rates.back().newest_sm = rates.back().sm;
    rates.back().nics = nic_rates(machine.effective, parts[h]);
  }
  const bool amd = has_amd_hosts(topology);
  for (const std::size_t size : sizes(hosts.size(), hosts.front().ranks.size())) {
    const std::vector<Host> some(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(size));
    Topology part = size == 1 ? inside_of(machine.effective, hosts.front(), parts.front())
                              : nccl::only_hosts(machine.effective, some);
    if (!find_connectivity(part).connected()) continue;
    Cluster cluster{.hosts = static_cast<int>(size), .host = rates.front()};
    for (std::size_t h = 1; h < size; ++h) slow_down(cluster.host, rates[h]);
    cluster.amd = amd;
    cluster.ring = ring_channels(cluster.host, cluster.hosts);
    cluster.tree = tree_channels(cluster.host, cluster.hosts);
    cluster.nvls = nvls_channels(cluster.host, cluster.hosts);
    if (cluster.ring.count == 0) return no_channels(cluster);
    cluster.fabric = fabric_limits(part, nccl::hosts_of(part), cluster.ring.count);
    machine.parts.push_back(std::move(part));
    machine.clusters.push_back(std::move(cluster));
  }
  if (machine.clusters.empty()) {
    return mistake("the hosts do not reach each other", "links between their NICs", "");
  }
  Diagnostics notes;
  if (auto doubt = nccl::doubt_host(hosts.front(), "")) notes.push_back(*std::move(doubt));
  return {std::move(machine), std::move(notes)};
}

}  // namespace pleach::tune
