// What a place lacks that others of its kind have.
#pragma once

#include <optional>
#include <vector>

#include "compiler/explain/explanation.hpp"

namespace pleach {

// Compares the first member of `bottleneck` with the class in `classes` of the same kind, level,
// direction, pattern of names and (but for boxes) size that holds most of all such places; nothing
// where none does, or that class has no more capacity.
//
// Links are matched by the ids of their ends, seen from the place: what stands in the peer's box
// counts as standing in one's own. `missing` needs boxes: a GPU must be compared with its namesake.
// `repaired_algbw` stays 0. Cost: linear in the links that cross.
[[nodiscard]] std::optional<PeerComparison> compare_with_peers(
    const Topology& topology,
    const CrossingClass& bottleneck,
    const std::vector<CrossingClass>& classes);

}  // namespace pleach
