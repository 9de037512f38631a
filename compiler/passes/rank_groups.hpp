// Which ranks sit close together, found from the links alone.
#pragma once

#include <optional>
#include <vector>

#include "compiler/passes/cable_network.hpp"

namespace pleach {

// Take the ranks away: the switches fall into fabrics. A rank's box are the ranks it shares its
// fabric of the widest cables with. Where that is the only one, a fat tree of single GPUs, the
// ranks behind the same first switch are a group.
struct RankGroups {
  std::vector<std::vector<int>> members;  // ranks, ascending; groups by their first rank
  std::vector<int> group_of;              // by rank
  std::vector<int> inside;                // the switches of fabrics that touch one group only
  std::vector<int> between;               // the other switches
};

// Nothing when ranks have no switch, or boxes overlap.
// Cost: the cables, and sorting the ranks.
[[nodiscard]] std::optional<RankGroups> find_rank_groups(const CableNetwork& network);

}  // namespace pleach
