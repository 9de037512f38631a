// A directed graph with whole-number capacities: what max-flow works on.
#pragma once

#include <vector>

#include "compiler/core/integer.hpp"

namespace pleach {

struct FlowArc {
  int tail = 0;
  int head = 0;
  Integer capacity;  // >= 0
  bool operator==(const FlowArc&) const = default;
};

// Nodes are 0 … num_nodes - 1. Parallel arcs are allowed, loops are not.
struct FlowNetwork {
  int num_nodes = 0;
  std::vector<FlowArc> arcs;
  bool operator==(const FlowNetwork&) const = default;
};

}  // namespace pleach
