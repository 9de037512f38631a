// Short names for nodes. Internal to view/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/topology/topology.hpp"

namespace pleach::view {

inline constexpr double kLabelSize = 10;  // of the font

// At most `most` characters (UTF-8 sequences), the last one "…" where text was cut.
[[nodiscard]] std::string shortened_text(std::string_view text, std::size_t most);
[[nodiscard]] std::size_t count_characters(std::string_view text);

// By node: the last part of the id, or the last two of "nvswitch/out".
[[nodiscard]] std::vector<std::string> short_labels(const Topology& topology);

// Room for the longest of the GPUs' labels.
[[nodiscard]] double widest_gpu_label(const Topology& topology,
                                      const std::vector<std::string>& labels);

}  // namespace pleach::view
