// Decides which ranks of other groups each root sends to, and how much.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

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
};

enum class Gateways {
  // Every root sends all of its trees to one rank, the gateway, of each other group: the nearest,
  // and of equally near ones that which the fewest roots send to, so that equal groups meet at
  // equal positions. Where even all that a rank can get from its own group leaves some trees
  // missing, each root has further gateways, the next in turn, whose trees need no relay; so every
  // cable between groups is filled where it must be.
  Nearest,
  // Every root sends some trees to every rank of the other groups, all ranks being alike: possible
  // where each lacks at least one tree of each, as in racks whose GPUs are the limit. No gateway
  // then gets so much that its own links are short of room to pass it on.
  All,
};

// Within a group the pairs share what capacity is left in proportion to what they have to relay.
//
// Needs:  each rank has trees_per_root trees.
// Gives:  a plan whose demands at each rank fit its cables; nothing when some root has no way to
//         send to a group, or no room, or where All is not possible.
// Cost:   ranks times ranks, and a breadth-first search for each first switch.
// Source: the gateways are those of hierarchical allgather; several of them where one GPU's links
//         and not a group's are the limit is our own.
[[nodiscard]] std::optional<GatewayPlan> plan_gateways(const CableNetwork& network,
                                                       const RankGroups& groups,
                                                       std::int64_t trees_per_root,
                                                       Gateways gateways = Gateways::Nearest);

}  // namespace pleach
