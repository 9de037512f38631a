// Whether a directed graph has a ring through all of its nodes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace pleach::exporters {

inline constexpr std::size_t kMostExactRing = 20;  // nodes

// A ring that visits every node once, from node 0 on, or nothing: then there is none.
// `follows[i][j]` says whether j may come right after i; the diagonal does not count.
// Needs: 2 to kMostExactRing nodes.
// Cost:  2^(n-1) sets of n bits each, n steps for each (Held, Karp 1962): 2 MiB for 20 nodes.
[[nodiscard]] std::optional<std::vector<int>> hamiltonian_ring(
    const std::vector<std::vector<bool>>& follows);

}  // namespace pleach::exporters
