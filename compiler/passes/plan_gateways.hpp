// Decides which ranks of other groups each root sends to, and how much.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/core/progress.hpp"
#include "compiler/passes/cable_network.hpp"
#include "compiler/passes/rank_groups.hpp"

namespace pleach {

// `amount` trees may go from one rank to another.
struct RankDemand {
  int tail = 0;
  int head = 0;
  std::int64_t amount = 0;  // > 0
};

struct GatewayPlan {
  std::vector<RankDemand> between;  // groups; sorted by (tail, head)
  std::vector<RankDemand> within;   // a group; sorted by (tail, head)
  bool has_further = false;         // more than one gateway for a root in some group
};

// In which order a root takes a group's ranks for further gateways, from its own position on. In
// turn, all ranks of a group serve alike, so the trees that arrive are easy to spread; the nearest
// first, what crosses a narrow network is least.
enum class FurtherGateways { InTurn, NearestFirst };

// Every root sends all of its trees to one rank, the gateway, of each other group: the nearest,
// and of equally near ones that which the fewest roots send to, so that equal groups meet at equal
// positions. Where even all that a rank can get from its own group leaves some trees missing, each
// root has further gateways whose trees need no relay; so every cable between groups is filled
// where it must be. Within a group the pairs share what capacity is left in proportion to what they
// have to relay.
//
// Needs:  each rank has trees_per_root trees.
// Gives:  a plan whose demands at each rank fit its cables; nothing when some root has no way to
//         send to a group, or no room.
// Cost:   ranks times ranks, a breadth-first search for each first switch, and fill_gateways.
// Source: the gateways are those of hierarchical allgather; several of them where one GPU's links
//         and not a group's are the limit is our own.
[[nodiscard]] std::optional<GatewayPlan> plan_gateways(const CableNetwork& network,
                                                       const RankGroups& groups,
                                                       std::int64_t trees_per_root,
                                                       FurtherGateways further,
                                                       const Progress& progress = {});

}  // namespace pleach
