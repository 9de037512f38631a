// Reads a description with all the files and builtin templates it needs.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/topology/declarations.hpp"

namespace pleach {

// What could be read, and every mistake in it.
struct LoadedDescription {
  // The file itself, then what it needed: includes and builtin boxes. Declarations point from one
  // into another, so all stay together.
  std::unique_ptr<Description> description;
  std::vector<std::unique_ptr<Description>> libraries;
  std::vector<std::shared_ptr<const JsonDocument>> documents;
  Diagnostics mistakes;
  // False when a mistake may have cost a node its declaration (see Description).
  bool names_are_complete = true;
};

// `file` names the text in diagnostics; `include` is relative to its folder.
// Errors: all of parse_json and decode_description, for every file that could be read; a file that
// can not; includes that go in a circle.
[[nodiscard]] LoadedDescription load_description(std::string_view text, const std::string& file);

}  // namespace pleach
