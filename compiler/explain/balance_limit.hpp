// Which links the proof of an achievable rate counts.
#pragma once

#include "compiler/core/collective.hpp"
#include "compiler/explain/explanation.hpp"
#include "compiler/ir/achievable.hpp"
#include "compiler/topology/topology.hpp"

namespace pleach {

// Needs: an `achievable` of this machine and collective. Cost: links times weighted cuts.
[[nodiscard]] BalanceLimit balance_limit(const Topology& topology,
                                         Collective collective,
                                         const Achievable& achievable);

}  // namespace pleach
