#include "compiler/topology/load_topology.hpp"

#include <filesystem>

#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/expand.hpp"
#include "compiler/topology/load_description.hpp"
#include "compiler/topology/read_file.hpp"
#include "compiler/topology/validate.hpp"

namespace pleach {
Result<Topology> read_topology(std::string_view text, const std::string& file) {
  auto loaded = load_description(text, file);
  if (!loaded.ok()) return loaded.mistakes();
  const Description& description = *loaded.value().description;
  TopologySpec spec;
  spec.file = file;
  spec.name = description.name;
  spec.documents = loaded.value().documents;
  Diagnostics mistakes;
  const Origin whole_file{.document = 0, .offset = spec.documents.front()->root.offset};
  expand_body(description.body, whole_file, spec, mistakes);
  if (!mistakes.empty()) return mistakes;  // what follows needs all nodes
  std::vector<std::string> removed;
  apply_degraded(description.degraded, spec, removed, mistakes);
  if (description.ranks) resolve_ranks(*description.ranks, removed, spec, mistakes);
  Result<Topology> topology = validate(spec);
  if (mistakes.empty()) return topology;
  if (!topology.ok()) {
    mistakes.insert(mistakes.end(), topology.mistakes().begin(), topology.mistakes().end());
  }
  return mistakes;
}

Result<Topology> load_topology(const std::string& name) {
  std::error_code ignored;
  if (name == "-" || std::filesystem::exists(name, ignored)) {
    const auto text = read_file(name);
    if (!text.ok()) return text.mistakes();
    return read_topology(text.value(), name);
  }
  const auto text = catalogue_text(name);
  if (!text.ok()) return text.mistakes();
  return read_topology(text.value(), name);
}

}  // namespace pleach
