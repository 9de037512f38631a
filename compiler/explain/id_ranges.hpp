// Lists of ids as people write them: "box0/gpu0-7" for eight of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/ids.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// Ids that differ in numbers alone become one text: "gpu0-7", "box0-3/gpu[0-2,5]",
// "cube/[0-3]-[0-1]" (brackets where a range without them could be read in two ways). Each text
// stands for exactly the ids that were put into it, every combination of its numbers. Texts come in
// order of their first id; an id that stands twice counts once. A number of more than 18 digits is
// taken as letters. Cost: length of all ids, times log of their number, for each number in an id.
[[nodiscard]] std::vector<std::string> compress_ids(const std::vector<std::string_view>& ids);

// The same joined by ", ", of nodes in the given order.
[[nodiscard]] std::string id_ranges(const Topology& topology, const std::vector<NodeId>& nodes);

// The id with a star for each number: "box*/nic*". Ids of one kind of thing share it.
[[nodiscard]] std::string id_pattern(std::string_view id);

// What the things of these names are called: "rack" for rack0, rack1 (the letters before the first
// number of the last part, where all names share at least three); "" where there is no such word.
[[nodiscard]] std::string shared_noun(const std::vector<std::string_view>& names);

}  // namespace pleach
