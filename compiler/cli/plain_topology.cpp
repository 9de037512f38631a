#include "compiler/cli/plain_topology.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pleach::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string type_name(NodeType type) {
  switch (type) {
    case NodeType::Gpu: return "gpu";
    case NodeType::Switch: return "switch";
    case NodeType::Nic: return "nic";
    case NodeType::Cpu: return "cpu";
  }
  return "";
}

Json to_json(const Node& node) {
  Json json = {{"id", node.id}, {"type", type_name(node.type)}};
  if (!node.labels.empty()) json["labels"] = node.labels;
  return json;
}

Json to_json(const Topology& topology, const Link& link) {
  Json json = {{"from", topology.node(link.from).id},
               {"to", topology.node(link.to).id},
               {"bandwidth", to_string(link.bandwidth)}};
  if (link.latency != Latency{}) json["latency"] = to_string(link.latency);
  return json;
}

// `"key": [` and the elements, one a line.
template <class Element, class ToJson>
std::string list_text(const std::string& key,
                      const std::vector<Element>& elements,
                      ToJson to_json) {
  std::string text = "  \"" + key + "\": [\n";
  for (std::size_t i = 0; i < elements.size(); ++i) {
    text += "    " + to_json(elements[i]).dump() + (i + 1 < elements.size() ? ",\n" : "\n");
  }
  return text + "  ]";
}

}  // namespace

std::string plain_topology_text(const Topology& topology) {
  std::string text =
      "{\n  \"format\": \"pleach-topology/1\",\n  \"name\": " + Json(topology.name).dump() + ",\n";
  text +=
      list_text("nodes", topology.nodes, [](const Node& node) { return to_json(node); }) + ",\n";
  text +=
      list_text("links", topology.links, [&](const Link& link) { return to_json(topology, link); });
  if (!std::ranges::is_sorted(topology.ranks)) {
    text += ",\n" + list_text("ranks", topology.ranks,
                              [&](NodeId rank) { return Json(topology.node(rank).id); });
  }
  return text + "\n}\n";
}

}  // namespace pleach::cli
