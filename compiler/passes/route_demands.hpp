// Routes demands through switches, level by level, so that no link carries more than its capacity.
//
// Take the nodes the demands run between away: what is left falls into parts (the planes of a fat
// tree, the spines of a leaf-spine network, the switch of a box). A demand is spread over the parts
// that join its ends, and where a part has more than one level the same is done inside it, between
// the nodes where the demands enter and leave it. Demands with the same ends are one below.
//
// This never goes up and down twice, and takes the shortest ways where a part offers several.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/passes/cable_network.hpp"

namespace pleach {

struct Demand {
  int tail = 0;  // nodes, not the same
  int head = 0;
  std::int64_t amount = 0;  // > 0
};

// `amount` units run along consecutive cables.
struct CablePath {
  std::int64_t amount = 0;
  int first = 0;  // position of its first cable
  int count = 0;
};

// The paths of demand d are paths[first_path[d]] up to paths[first_path[d + 1]].
struct DemandPaths {
  std::vector<int> first_path;
  std::vector<CablePath> paths;
  std::vector<int> cables;
};

// `room` is each cable's capacity; what the demands use is taken off. `inner` are the nodes that
// paths may pass; `ends` those that they must not, which holds at least every tail and head.
// Gives: nothing when some unit finds no way; that other routes do not exist is not said.
// Cost:  for each level its arcs, its demands times the ways each has, and the spreading.
[[nodiscard]] std::optional<DemandPaths> route_demands(const CableNetwork& network,
                                                       const std::vector<Demand>& demands,
                                                       const std::vector<int>& ends,
                                                       const std::vector<int>& inner,
                                                       std::vector<std::int64_t>& room);

}  // namespace pleach
