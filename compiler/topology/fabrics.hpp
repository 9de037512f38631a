// The generators of `fabrics`: regular networks from a few numbers.
//
// Ids are relative to the fabric's own. What each type makes:
//   leaf-spine   every leaf joined with every spine; ids as declared
//   fat-tree     2 levels: `radix` leaves leaf{i} with `uplinks` spines spine{j}, all pairs joined.
//                3 levels: `radix` pods; in pod p radix/2 leaves leaf{p}-{i}, all joined with its
//                `uplinks` aggregation switches agg{p}-{j}; agg{p}-{j} of every pod joined with
//                radix/2 cores core{j}-{c}. All cables the same.
//   dragonfly    groups of switches sw{a}-{s}, all pairs within a group joined by `local`; each
//   pair
//                of groups by one `global`, ends dealt round robin over the switches of a group
//   torus, mesh  a grid {x}-{y}-…; each dimension that wraps and has 3 or more nodes is a ring
//   hypercube    nodes 0 … 2^D - 1 joined when their numbers differ in one bit
//   full-mesh    nodes 0 … N - 1, all pairs joined
//   star         one switch `hub`; with dims, nodes 0 … N - 1 joined with it
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/core/result.hpp"
#include "compiler/topology/declarations.hpp"

namespace pleach {

// How much something expands to; values past 2^63 stay at the largest. `links` are directed ones.
struct ExpansionSize {
  std::int64_t nodes = 0;
  std::int64_t links = 0;
};
[[nodiscard]] std::int64_t saturating_add(std::int64_t a, std::int64_t b);
[[nodiscard]] std::int64_t saturating_multiply(std::int64_t a, std::int64_t b);
[[nodiscard]] std::int64_t num_iterations(const Loop& loop);

struct FabricGraph {
  struct Node {
    std::string id;
    NodeProperties properties;
  };
  struct Edge {
    std::size_t a = 0;  // positions in nodes; cables run both ways
    std::size_t b = 0;
    bool is_global = false;  // has the properties of FabricDeclaration::global_cable
  };
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

// Without `attach`. Takes no memory, whatever the numbers.
[[nodiscard]] ExpansionSize fabric_size(const FabricDeclaration& fabric);

// Needs: a size that fits in memory. Errors (without a place): a tier's id that can not be
// computed.
[[nodiscard]] Result<FabricGraph> build_fabric(const FabricDeclaration& fabric);

}  // namespace pleach
