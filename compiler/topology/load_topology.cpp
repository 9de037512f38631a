#include "compiler/topology/load_topology.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <vector>

#include "compiler/topology/catalogue.hpp"
#include "compiler/topology/expand.hpp"
#include "compiler/topology/load_description.hpp"
#include "compiler/topology/read_file.hpp"
#include "compiler/topology/validate.hpp"

namespace pleach {
namespace {

void append(Diagnostics& mistakes, const Diagnostics& more) {
  mistakes.insert(mistakes.end(), more.begin(), more.end());
}

// File by file as they first appear, each in the order of its lines; what has no line goes last.
Diagnostics in_file_order(Diagnostics mistakes) {
  std::vector<std::string> files;
  for (const Diagnostic& mistake : mistakes) {
    if (std::ranges::find(files, mistake.file) == files.end()) files.push_back(mistake.file);
  }
  std::ranges::stable_sort(mistakes, {}, [&](const Diagnostic& mistake) {
    const auto file = std::ranges::find(files, mistake.file) - files.begin();
    return std::tuple(file, mistake.line == 0, mistake.line);
  });
  return mistakes;
}

Result<Topology> expand_and_validate(const LoadedDescription& loaded, const std::string& file) {
  const Description& description = *loaded.description;
  TopologySpec spec;
  spec.file = file;
  spec.name = description.name;
  spec.documents = loaded.documents;
  const Origin whole_file{.document = 0, .offset = spec.documents.front()->root.offset};
  Diagnostics mistakes = loaded.mistakes;
  const std::size_t before = mistakes.size();
  expand_body(description.body, whole_file, spec, mistakes);
  if (mistakes.size() > before) return mistakes;  // what follows needs all nodes
  if (!mistakes.empty()) {
    append(mistakes, check_names(spec));
    return mistakes;
  }
  std::vector<std::string> removed;
  apply_degraded(description.degraded, spec, removed, mistakes);
  if (description.ranks) resolve_ranks(*description.ranks, removed, spec, mistakes);
  Result<Topology> topology = validate(spec);
  if (mistakes.empty()) return topology;
  if (!topology.ok()) append(mistakes, topology.mistakes());
  return mistakes;
}

}  // namespace

Result<Topology> read_topology(std::string_view text, const std::string& file) {
  const LoadedDescription loaded = load_description(text, file);
  if (!loaded.names_are_complete) return in_file_order(loaded.mistakes);
  Result<Topology> topology = expand_and_validate(loaded, file);
  if (!topology.ok()) return in_file_order(topology.mistakes());
  return topology;
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
