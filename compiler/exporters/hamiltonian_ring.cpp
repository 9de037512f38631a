#include "compiler/exporters/hamiltonian_ring.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "compiler/core/check.hpp"

namespace pleach::exporters {

std::optional<std::vector<int>> hamiltonian_ring(const std::vector<std::vector<bool>>& follows) {
  const std::size_t count = follows.size();
  ENSURE(count >= 2 && count <= kMostExactRing, "a number of nodes that is not searched exactly");
  // Bit i stands for node i + 1; node 0 starts every path and needs none.
  const std::size_t others = count - 1;
  std::vector<std::uint32_t> before(others);  // those that may come right before a node
  std::uint32_t from_start = 0;
  std::uint32_t to_start = 0;
  for (std::size_t i = 0; i < others; ++i) {
    if (follows[0][i + 1]) from_start |= 1U << i;
    if (follows[i + 1][0]) to_start |= 1U << i;
    for (std::size_t j = 0; j < others; ++j) {
      if (i != j && follows[j + 1][i + 1]) before[i] |= 1U << j;
    }
  }
  // ends[set]: where a path from node 0 through exactly these nodes can end.
  const std::uint32_t all = (1U << others) - 1;
  std::vector<std::uint32_t> ends(std::size_t{all} + 1);
  for (std::uint32_t set = 1; set <= all; ++set) {
    for (std::uint32_t rest = set; rest != 0; rest &= rest - 1) {
      const std::uint32_t bit = rest & ~(rest - 1);
      const auto node = static_cast<std::size_t>(std::countr_zero(bit));
      const bool reached =
          set == bit ? (from_start & bit) != 0 : (ends[set & ~bit] & before[node]) != 0;
      if (reached) ends[set] |= bit;
    }
  }
  std::uint32_t last = ends[all] & to_start;
  if (last == 0) return std::nullopt;
  std::vector<int> ring;
  for (std::uint32_t set = all; set != 0;) {
    const auto node = static_cast<std::size_t>(std::countr_zero(last));
    ring.push_back(static_cast<int>(node) + 1);
    set &= ~(1U << node);
    last = ends[set] & before[node];
  }
  ring.push_back(0);
  std::reverse(ring.begin(), ring.end());
  return ring;
}

}  // namespace pleach::exporters
