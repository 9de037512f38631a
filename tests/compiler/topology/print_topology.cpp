#include "tests/compiler/topology/print_topology.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/topology/load_topology.hpp"

namespace pleach {
namespace {

const char* type_name(NodeType type) {
  switch (type) {
    case NodeType::Gpu: return "gpu";
    case NodeType::Switch: return "switch";
    case NodeType::Nic: return "nic";
    case NodeType::Cpu: return "cpu";
  }
  return "?";
}

Topology must(Result<Topology> result) {
  if (!result.ok()) FAIL(print(result.mistakes()));
  return std::move(result).value();
}

}  // namespace

std::string print(const Topology& topology) {
  std::string text;
  for (const Node& node : topology.nodes) {
    text += std::string(type_name(node.type)) + " " + node.id + "\n";
  }
  for (const Link& link : topology.links) {
    text += topology.node(link.from).id + " -> " + topology.node(link.to).id + " " +
            to_string(link.bandwidth);
    if (link.latency.microseconds.sign() != 0) text += " " + to_string(link.latency);
    text += "\n";
  }
  if (!std::ranges::is_sorted(topology.ranks)) {
    text += "ranks";
    for (const NodeId id : topology.ranks) text += " " + topology.node(id).id;
    text += "\n";
  }
  return text;
}

std::string print(const Diagnostics& mistakes) {
  std::string text;
  for (const Diagnostic& mistake : mistakes) text += to_string(mistake);
  return text;
}

std::string read_body(std::string_view body) {
  const std::string text =
      R"({"format": "pleach-topology/1", "name": "t", )" + std::string(body) + "}";
  const auto topology = read_topology(text, "t.json");
  return topology.ok() ? print(topology.value()) : print(topology.mistakes());
}

Topology must_read(std::string_view text) { return must(read_topology(text, "t.json")); }
Topology must_load(const std::string& name) { return must(load_topology(name)); }

}  // namespace pleach
