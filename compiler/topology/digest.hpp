// The identity of an expanded topology.
#pragma once

#include <string>
#include <string_view>

#include "compiler/topology/topology.hpp"

namespace pleach {

// Lower-case hexadecimal SHA-256 of the canonical text of the expanded topology: node ids, links
// with bandwidth and latency, and ranks; not its name, not node types. A schedule file holds all
// of these, so its reader can compute the digest again.
//
// Canonical text, UTF-8, every line ends with \n:
//   pleach-topology/1
//   node <id>                                     for each node, in order
//   link <from> <to> <bandwidth> <latency>        node indices; sorted by (from, to);
//                                                 values as to_string(Bandwidth / Latency) writes
//                                                 them
//   rank <node index>                             for each rank, in order
[[nodiscard]] std::string topology_digest(const Topology& topology);

// Lower-case hexadecimal SHA-256 of any text.
[[nodiscard]] std::string sha256_of(std::string_view text);

}  // namespace pleach
