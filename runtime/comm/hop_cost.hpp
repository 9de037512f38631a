// What a step between two hosts costs, for the choice of chunk sizes (chunk_size.hpp).
#pragma once

#include <cstddef>

#include "compiler/ir/schedule.hpp"
#include "compiler/plan/chunk_size.hpp"

namespace pleach {

// A chunk costs a message, and the slowest link that the trees cross sets the pace.
// Chunks are no longer than `max_write`, which the transport takes at once.
[[nodiscard]] HopCost network_hop_cost(const Schedule& schedule, std::size_t max_write);

}  // namespace pleach
