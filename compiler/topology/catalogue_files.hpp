// The files of topologies/ as the build found them. The definition is generated, by
// embed_catalogue.cmake.
#pragma once

#include <span>
#include <string_view>

namespace pleach {

struct CatalogueFile {
  std::string_view name;  // without ".json"
  std::string_view text;
};

[[nodiscard]] std::span<const CatalogueFile> catalogue_files();

}  // namespace pleach
