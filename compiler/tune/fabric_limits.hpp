// What the links between hosts allow NCCL's rings and trees.
#pragma once

#include "compiler/nccl/hosts.hpp"
#include "compiler/topology/topology.hpp"
#include "compiler/tune/cost_model.hpp"

namespace pleach::tune {

// NCCL joins hosts in the order of their ranks, in every ring alike, and lays double binary trees
// over them; a channel leaves a host where it entered it. The limit is what the fullest link allows
// when all channels run at once, their data the same in each: capacity / load. Routes are the
// shortest, spread over equal ones.
//
// Needs: at least one channel; `part` holds these hosts and no more, of equal size, each with GPUs
// that reach those of the others. Gives no limits for one host. Cost: O(channels * hosts) routes.
[[nodiscard]] Fabric fabric_limits(const Topology& part,
                                   const std::vector<nccl::Host>& hosts,
                                   int channels);

}  // namespace pleach::tune
