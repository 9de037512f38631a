// pleach topo: the machines that pleach knows by name.
#include <algorithm>
#include <memory>
#include <string>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::cli {
namespace {

ExitCode list(bool json) {
  if (json) {
    auto entries = nlohmann::ordered_json::array();
    for (const CatalogueEntry& entry : catalogue()) {
      nlohmann::ordered_json gpus = entry.gpus ? nlohmann::ordered_json(*entry.gpus) : nullptr;
      entries.push_back(
          {{"name", entry.name}, {"gpus", std::move(gpus)}, {"description", entry.description}});
    }
    print_json({{"topologies", entries}});
    return ExitCode::Done;
  }
  std::size_t width = 0;
  for (const CatalogueEntry& entry : catalogue()) width = std::max(width, entry.name.size());
  std::string text;
  for (const CatalogueEntry& entry : catalogue()) {
    std::string gpus = entry.gpus ? std::to_string(*entry.gpus) + " GPUs" : "family";
    gpus.resize(10, ' ');
    text += entry.name + std::string(width + 2 - entry.name.size(), ' ') + gpus +
            entry.description + "\n";
  }
  print(text);
  return ExitCode::Done;
}

std::string_view name_of(NodeType type) {
  switch (type) {
    case NodeType::Gpu: return "gpu";
    case NodeType::Switch: return "switch";
    case NodeType::Nic: return "nic";
    case NodeType::Cpu: return "cpu";
  }
  return "";
}

// The plain form: one node or link a line, every link one way.
std::string plain_form(const Topology& topology) {
  using Json = nlohmann::ordered_json;
  std::string text = "{\"format\":\"pleach-topology/1\",\"name\":" + Json(topology.name).dump();
  const auto add_list = [&text](const std::string& key, const std::vector<Json>& items) {
    text += ",\n\"" + key + "\":[";
    for (std::size_t i = 0; i < items.size(); ++i) text += (i > 0 ? ",\n" : "\n") + items[i].dump();
    text += "]";
  };
  std::vector<Json> nodes;
  for (const Node& node : topology.nodes) {
    nodes.push_back({{"id", node.id}, {"type", name_of(node.type)}});
  }
  add_list("nodes", nodes);
  std::vector<Json> links;
  for (const Link& link : topology.links) {
    Json object = {{"from", topology.node(link.from).id},
                   {"to", topology.node(link.to).id},
                   {"bandwidth", to_string(link.bandwidth)}};
    if (link.latency > Latency{}) object["latency"] = to_string(link.latency);
    links.push_back(std::move(object));
  }
  add_list("links", links);
  std::vector<Json> ranks;
  for (const NodeId node : topology.ranks) ranks.push_back(topology.node(node).id);
  add_list("ranks", ranks);
  return text + "}\n";
}

ExitCode show(const std::string& name) {
  const auto topology = load_topology(name);
  if (!topology.ok()) return report(topology.mistakes());
  print(plain_form(topology.value()));
  return ExitCode::Done;
}

}  // namespace

std::vector<Command> add_topo_commands(CLI::App& tool) {
  CLI::App* const topo = tool.add_subcommand("topo", "the machines that pleach knows by name");
  topo->require_subcommand(1);

  const auto json = std::make_shared<bool>(false);
  CLI::App* const list_app = topo->add_subcommand("list", "names, sizes and descriptions");
  add_json_flag(*list_app, *json);

  const auto name = std::make_shared<std::string>();
  CLI::App* const show_app =
      topo->add_subcommand("show", "one machine, expanded, as a plain pleach-topology/1 file");
  add_topology_argument(*show_app, *name)->required();
  return {{.app = list_app, .run = [json] { return list(*json); }},
          {.app = show_app, .run = [name] { return show(*name); }}};
}

}  // namespace pleach::cli
