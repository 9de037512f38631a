// Which NICs a plan's sends use.
//
// A route of the schedule leaves the sender through a NIC node, and reaches the receiver through
// one: the first and the last node with the label "domain", or else the ones next to the ends. A
// NIC with the label is the rank's rail of that name. Those without it, of all routes that cross
// hosts, are the rank's rails (PLEACH_FABRIC_RAILS) in the order of the topology file; a rank with
// one such NIC or one rail uses that one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/ir/schedule.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/net/transport.hpp"

namespace pleach {

// What a plan needs of the network, as one rank sees it.
struct NetworkUse {
  // For each send op from this rank or to it the way to the other end; of no meaning for other ops.
  std::vector<Transport::Path> paths = {};
  // The ranks that this one sends to, and those that send to it, each once with a way to it.
  std::vector<Transport::Path> receivers = {};
  std::vector<Transport::Path> senders = {};
};

// `rails`: the names of each rank's rails; empty when there is no network, and then there are no
// sends. Throws CommError when the schedule uses more NICs of a rank than it has rails, or one
// whose domain is none of them; the message names both sides.
[[nodiscard]] NetworkUse network_use(const Schedule& schedule,
                                     const Plan& plan,
                                     int rank,
                                     std::span<const std::vector<std::string>> rails);

}  // namespace pleach
