// The network without the nodes that only join two others.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/passes/demand_graph.hpp"

namespace pleach {

// One way from a cable's tail to its head through nodes that have no other neighbours, such as a
// NIC; `inner` is empty for a plain link.
struct Strand {
  std::vector<int> inner;
  std::int64_t capacity = 0;
};

// All that runs from one node to another past nothing but such nodes.
struct Cable {
  int tail = 0;
  int head = 0;
  std::int64_t capacity = 0;    // the strands' sum
  std::vector<Strand> strands;  // at least one; capacities > 0
};

struct CableNetwork {
  int num_nodes = 0;
  std::vector<int> compute;                // node of each rank
  std::vector<bool> is_compute;            // by node
  std::vector<Cable> cables;               // sorted by (tail, head), one for each pair
  std::vector<int> first_leaving;          // by node, and one more: its cables are consecutive
  std::vector<std::vector<int>> entering;  // by node: cables, ascending
};

// Nothing when the capacities do not add up to less than 2^62: sums of 64 bits are what works on a
// cable network.
// Cost: arcs times the logarithm of their number.
[[nodiscard]] std::optional<CableNetwork> cable_network(const DemandGraph& graph);

}  // namespace pleach
