// The machines that pleach knows by name: the files of topologies/, compiled in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/result.hpp"

namespace pleach {

struct CatalogueEntry {
  std::string name;         // "dgx-a100-x2", or a family's: "torus-AxB[xC]"
  std::string description;  // one line
  std::optional<int> gpus;  // nothing for a family
};

// In the order of topologies/README.md.
[[nodiscard]] const std::vector<CatalogueEntry>& catalogue();

// The pleach-topology/1 text of an entry, or of a member of a family ("torus-4x4").
// Errors: an unknown name (with "did you mean"), a size beyond the family's limits.
[[nodiscard]] Result<std::string> catalogue_text(const std::string& name);

// The file whose templates are there for every topology as `use: "builtin:<template>"`.
[[nodiscard]] std::string_view builtin_boxes();

}  // namespace pleach
