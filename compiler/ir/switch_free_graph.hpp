// The machine after its switches are gone: edges between compute nodes only, and the way each of
// them takes through the real links.
#pragma once

#include <vector>

#include "compiler/core/integer.hpp"
#include "compiler/ir/schedule.hpp"

namespace pleach {

// `amount` units of an edge's capacity run along `route`.
struct RoutePiece {
  Route route;
  Integer amount;
  bool operator==(const RoutePiece&) const = default;
};

// Capacity is counted in trees: how many unit trees may use the edge.
struct LogicalEdge {
  int tail = 0;  // ranks
  int head = 0;
  Integer capacity;                // > 0, the sum of the pieces' amounts
  std::vector<RoutePiece> pieces;  // from tail to head; no two with the same route
  bool operator==(const LogicalEdge&) const = default;
};

// Every cut still lets all trees through that must cross it: for each set S of ranks that is not
// all of them, the edges leaving S carry at least the trees rooted in S.
struct SwitchFreeGraph {
  std::vector<Integer> trees;      // by rank: how many unit trees are rooted there
  std::vector<LogicalEdge> edges;  // sorted by (tail, head), at most one for each pair
  bool operator==(const SwitchFreeGraph&) const = default;
};

}  // namespace pleach
