// Random machines and random changes to schedules, from a seed.
#pragma once

#include <random>

#include "compiler/ir/schedule.hpp"

namespace pleach {

using Random = std::mt19937_64;

// 0 … count - 1. The standard distributions may differ between libraries; this one does not.
[[nodiscard]] int pick(Random& random, int count);

// Two to `most_nodes` nodes of which at least two have ranks; links at random, not always enough to
// connect them; rates of up to 41 bits, some of them fractions.
[[nodiscard]] Topology random_topology(Random& random, int most_nodes);

// Changes one thing: a route, a tree, a share, a rate, the bound, a link, a rank. All indices stay
// in range. The result may equal the schedule.
void mutate(Schedule& schedule, Random& random);

}  // namespace pleach
