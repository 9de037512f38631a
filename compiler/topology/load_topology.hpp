// From what a user names to a validated Topology.
#pragma once

#include <string>
#include <string_view>

#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// Reads, expands and validates the text of a pleach-topology/1 file.
// `file` is the name that diagnostics carry. Links of rate 0 are left out, with a note.
[[nodiscard]] Result<Topology> read_topology(std::string_view text, const std::string& file);

// `name` is a path, "-" for standard input, or a catalogue name ("dgx-a100-x2", "torus-4x4").
// A file of that name wins over the catalogue. Errors: everything read_topology finds, a file that
// can not be read, an unknown name (with "did you mean").
[[nodiscard]] Result<Topology> load_topology(const std::string& name);

}  // namespace pleach
