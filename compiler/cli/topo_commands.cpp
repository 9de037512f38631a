// pleach topo list, pleach topo show: the machines that pleach knows by name.
#include <algorithm>
#include <memory>
#include <string>

#include "compiler/cli/command.hpp"
#include "compiler/cli/console.hpp"
#include "compiler/cli/options.hpp"
#include "compiler/cli/plain_topology.hpp"
#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/load_topology.hpp"

namespace pleach::cli {
namespace {

// {"topologies": [{"name", "gpus" (null for a family), "description"}]}
nlohmann::ordered_json catalogue_json() {
  auto entries = nlohmann::ordered_json::array();
  for (const CatalogueEntry& entry : catalogue()) {
    nlohmann::ordered_json json = {
        {"name", entry.name}, {"gpus", nullptr}, {"description", entry.description}};
    if (entry.gpus) json["gpus"] = *entry.gpus;
    entries.push_back(std::move(json));
  }
  return {{"topologies", std::move(entries)}};
}

std::string catalogue_table() {
  std::size_t name_width = 0;
  for (const CatalogueEntry& entry : catalogue())
    name_width = std::max(name_width, entry.name.size());
  constexpr std::size_t kGpusWidth = 5;
  std::string text = "NAME" + std::string(name_width - 4, ' ') + "   GPUS  DESCRIPTION\n";
  for (const CatalogueEntry& entry : catalogue()) {
    const std::string gpus = entry.gpus ? std::to_string(*entry.gpus) : "any";
    text += entry.name +
            std::string(name_width - entry.name.size() + 2 + kGpusWidth - gpus.size(), ' ') + gpus +
            "  " + entry.description + "\n";
  }
  return text;
}

Command add_list_command(CLI::App& topo) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* const app = topo.add_subcommand("list", "the machines that pleach knows by name");
  add_json_flag(*app, *json);
  const auto run = [json] {
    if (*json) {
      print_json(catalogue_json());
    } else {
      print(catalogue_table());
    }
    return ExitCode::Done;
  };
  return {.app = app, .run = run};
}

Command add_show_command(CLI::App& topo) {
  const auto name = std::make_shared<std::string>();
  CLI::App* const app = topo.add_subcommand(
      "show", "print a machine as a plain pleach-topology/1 file, every node and link spelled out");
  add_topology_argument(*app, *name)->required();
  const auto run = [name] {
    const auto topology = load_topology(*name);
    if (!topology.ok()) return report(topology.mistakes());
    report_notes(topology.notes());
    print(plain_topology_text(topology.value()));
    return ExitCode::Done;
  };
  return {.app = app, .run = run};
}

}  // namespace

std::vector<Command> add_topo_commands(CLI::App& tool) {
  CLI::App* const topo = tool.add_subcommand("topo", "machine descriptions: list, show");
  topo->require_subcommand(1);
  return {add_list_command(*topo), add_show_command(*topo)};
}

}  // namespace pleach::cli
