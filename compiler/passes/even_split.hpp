// How to spread what enters a switch over what leaves it.
#pragma once

#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach {

// One end of a switch: a neighbour and the capacity to or from it.
struct Port {
  int node = 0;
  Integer capacity;
};

// Part of an in-port's capacity meets part of an out-port's.
struct SplitPair {
  int from = 0;  // a neighbour with a link into the switch
  int to = 0;    // one with a link out of it; may be `from`
  Integer amount;
};

// Spreads each in-port over the out-ports of other groups in proportion to what these have left, in
// whole numbers; where that would make pairs of less than `grain`, in pieces of `grain` to those
// with most left. `group` gives each node's; a neighbour's own group gets nothing. What is spread
// is taken off the ports; the rest had nowhere to go. Deterministic: ties go to the port that comes
// first. Needs: grain >= 1.
// Cost: ports in x ports out.
[[nodiscard]] std::vector<SplitPair> even_split(std::vector<Port>& in,
                                                std::vector<Port>& out,
                                                const std::vector<int>& group,
                                                const Integer& grain);

}  // namespace pleach
