#include "compiler/plan/chunk_size.hpp"

#include <cmath>

namespace pleach {

std::size_t best_chunk_bytes(std::uint64_t bytes, int hops, const HopCost& cost) {
  double best = static_cast<double>(bytes);
  if (hops > 1) best = std::sqrt(best * cost.seconds * cost.bytes_per_second / (hops - 1));
  std::size_t chunk = cost.least_bytes;
  // Nearest by ratio: up to sqrt(2) times a power of two is that power.
  while (chunk < cost.most_bytes && static_cast<double>(chunk) * std::sqrt(2.0) < best) chunk *= 2;
  return chunk;
}

}  // namespace pleach
