#include "compiler/exporters/nccl_graph.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <pugixml.hpp>

#include "compiler/core/check.hpp"
#include "compiler/exporters/device_numbers.hpp"
#include "compiler/exporters/xml_text.hpp"
#include "compiler/nccl/gpu_generation.hpp"

namespace pleach::exporters {
namespace {

constexpr std::int64_t kChannelGrain = 30;  // GB/s

Diagnostic refusal(const std::string& file,
                   std::string message,
                   std::string expected,
                   std::string fix = "") {
  return {.file = file,
          .pointer = "",
          .message = std::move(message),
          .expected = std::move(expected),
          .fix = std::move(fix)};
}

Diagnostic several_hosts(const std::string& file, const std::vector<Host>& hosts) {
  return refusal(file,
                 "the machine has " + std::to_string(hosts.size()) + " hosts (\"" + hosts[0].name +
                     "\", \"" + hosts[1].name +
                     "\", …); NCCL's graph file orders the GPUs inside one, the order of hosts and "
                     "what joins them is NCCL's own",
                 "the GPUs of one host (label \"host\", or the box in their ids)",
                 "describe one host by itself");
}

Diagnostic no_ring(const std::string& file, const Topology& topology, bool proved) {
  const std::string gpus = "all " + std::to_string(topology.num_ranks()) + " GPUs";
  return refusal(file,
                 proved ? "there is no ring through " + gpus +
                              " over direct links and switches (all orders were tried)"
                        : "no ring through " + gpus + " over direct links and switches was found",
                 "a machine whose GPUs a ring can visit one after the other: NCCL's graph file "
                 "holds rings, and no hop of them through a third GPU",
                 "run the schedule with pleach itself");
}

bool fits(const RingPlan& plan, int repeats) {
  const std::size_t channels = plan.rings.size() * static_cast<std::size_t>(repeats);
  return channels <= kMostChannels &&
         graph_elements(channels, plan.rings.front().size()) <= kMostGraphElements;
}

// Needs: the rings fit once.
int repeats_of(const RingPlan& plan) {
  const std::size_t rings = plan.rings.size();
  const Rational of_a_ring = plan.rate / static_cast<std::int64_t>(rings);
  int repeats = 1;
  while (of_a_ring / repeats > kChannelGrain && fits(plan, repeats + 1)) ++repeats;
  return repeats;
}

// In thousandths, rounded down, and at least one: NCCL takes 0 for no link at all.
Rational in_thousandths(const Rational& rate) {
  return Rational(std::max((rate * 1000).floor(), Integer(1)), 1000);
}

Rational speed_for_nccl(const Topology& topology, const RingPlan& plan, const Rational& nominal) {
  const auto generation = plan.over_scale_up ? nccl::guess_generation(topology) : std::nullopt;
  return in_thousandths(generation ? nominal * generation->effective / generation->link : nominal);
}

std::string hexadecimal(std::int64_t number) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  ENSURE(error == std::errc{}, "16 digits hold 64 bits");
  return "0x" + std::string(digits.data(), end);
}

void append_graph(pugi::xml_node graphs, const NcclGraph& graph, int id, int pattern) {
  const std::string speed = graph.speed.to_decimal().value();
  pugi::xml_node node = graphs.append_child("graph");
  node.append_attribute("id") = id;
  node.append_attribute("pattern") = pattern;
  node.append_attribute("crossnic") = 0;
  node.append_attribute("nchannels") = graph.channels.size();
  node.append_attribute("speedintra") = speed.c_str();
  node.append_attribute("speedinter") = speed.c_str();
  node.append_attribute("latencyinter") = 0;
  node.append_attribute("typeintra") = graph.type.c_str();
  node.append_attribute("typeinter") = "PIX";
  node.append_attribute("samechannels") = 1;
  for (const auto& channel : graph.channels) {
    pugi::xml_node list = node.append_child("channel");
    for (const std::int64_t device : channel) {
      list.append_child("gpu").append_attribute("dev") = hexadecimal(device).c_str();
    }
  }
}

}  // namespace

Result<NcclGraph> make_nccl_graph(const Topology& topology, const std::string& file) {
  const auto hosts = nccl::find_hosts(topology, file);
  if (!hosts.ok()) return hosts.mistakes();
  if (hosts.value().size() > 1) return several_hosts(file, hosts.value());
  if (topology.num_ranks() > kMostRingGpus) {
    return refusal(file, "the host has " + std::to_string(topology.num_ranks()) + " GPUs",
                   "at most " + std::to_string(kMostRingGpus));
  }
  const auto devices = device_numbers(topology, hosts.value().front(), file);
  if (!devices.ok()) return devices.mistakes();

  NcclGraph graph{.limit = ring_limit(topology)};
  RingSearch search = plan_rings(topology, graph.limit);
  if (!search.plan) return no_ring(file, topology, search.proved);
  graph.plan = *std::move(search.plan);
  if (!fits(graph.plan, 1)) {
    return refusal(
        file,
        std::to_string(graph.plan.rings.size()) + " rings through " +
            std::to_string(topology.num_ranks()) + " GPUs are " +
            std::to_string(graph_elements(graph.plan.rings.size(), topology.num_ranks())) +
            " elements",
        "at most " + std::to_string(kMostGraphElements) + ": NCCL reads no more");
  }
  if (graph.plan.rate < graph.limit.rate && can_price_rings(topology)) {
    graph.prices = price_rings(topology);
  }
  graph.repeats = repeats_of(graph.plan);
  for (int i = 0; i < graph.repeats; ++i) {
    for (const auto& ring : graph.plan.rings) {
      auto& channel = graph.channels.emplace_back();
      for (const int rank : ring) {
        channel.push_back(devices.value()[static_cast<std::size_t>(rank)]);
      }
    }
  }
  graph.channel_rate = graph.plan.rate / static_cast<std::int64_t>(graph.channels.size());
  graph.speed = speed_for_nccl(topology, graph.plan, graph.channel_rate);
  graph.type = graph.plan.over_scale_up ? "NVL" : "SYS";
  Diagnostics notes;
  if (auto doubt = nccl::doubt_host(hosts.value().front(), file))
    notes.push_back(*std::move(doubt));
  return {std::move(graph), std::move(notes)};
}

std::string write_nccl_graph(const NcclGraph& graph) {
  constexpr int kBalancedTree = 1;
  constexpr int kRing = 4;
  pugi::xml_document document;
  pugi::xml_node graphs = document.append_child("graphs");
  graphs.append_attribute("version") = 1;
  append_graph(graphs, graph, 0, kRing);
  append_graph(graphs, graph, 1, kBalancedTree);
  return xml_text(document);
}

}  // namespace pleach::exporters
