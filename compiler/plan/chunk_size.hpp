// How much moves at once: the alpha-beta model of a pipelined tree.
//
//   T(c) = (h + n - 1)(a + c / b),   n = S / c chunks of c bytes through h hops
//
// a is what a hop costs whatever its size, b the rate of a hop. T is least at c = sqrt(S a b / (h -
// 1)); with one hop alone, at c = S. A model only: it proposes, and every chunk size gives the same
// result.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleach {

struct HopCost {
  double seconds = 0.5e-6;
  double bytes_per_second = 8e9;
  // Smaller and larger chunks are not considered. The default suits memory: what one rank stores is
  // in cache when the next one reads it, and the cost of an op is small beside it.
  std::size_t least_bytes = 8 << 10;
  std::size_t most_bytes = 32 << 10;
};

// The power of two within the limits that is nearest to the best chunk, for `bytes` through `hops`.
// Needs: costs above 0, limits that are powers of two.
[[nodiscard]] std::size_t best_chunk_bytes(std::uint64_t bytes, int hops, const HopCost& cost);

}  // namespace pleach
