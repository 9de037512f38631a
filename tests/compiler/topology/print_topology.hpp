// Topologies as text that a test can spell out.
#pragma once

#include <string>
#include <string_view>

#include "compiler/core/result.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// "gpu a\nswitch s\na -> s 25 GB/s\ns -> a 25 GB/s 0.5 us\nranks a": nodes and links in order; a
// latency of 0 and ranks in node order are left out.
[[nodiscard]] std::string print(const Topology& topology);

// All mistakes as the command line prints them.
[[nodiscard]] std::string print(const Diagnostics& mistakes);

// Reads `body`, the members of a topology after format and name, from the file "t.json"; prints the
// topology or the mistakes.
[[nodiscard]] std::string read_body(std::string_view body);

// The topology of `text`; fails the test with its mistakes when there is none.
[[nodiscard]] Topology must_read(std::string_view text);
// The same for a name or path.
[[nodiscard]] Topology must_load(const std::string& name);

}  // namespace pleach
