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

// Spreads each in-port over the out-ports in proportion to what these have left, in whole numbers,
// back to the same neighbour only where nothing else remains. Uses up both sides when their sums
// are equal, else the lesser one. Deterministic: ties go to the port that comes first.
// Cost: ports in x ports out.
[[nodiscard]] std::vector<SplitPair> even_split(std::vector<Port> in, std::vector<Port> out);

}  // namespace pleach
