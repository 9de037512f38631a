// What a node op does with the elements of one chunk: combine its sources, store the result to its
// destinations.
#pragma once

#include <cstddef>
#include <span>

#include "runtime/combine.hpp"

namespace pleach {

struct NodeArithmetic {
  std::span<const std::byte* const> sources;  // 1 to kMaxSources
  std::span<std::byte* const> destinations;   // at least 1
  std::size_t count = 0;                      // elements
  std::size_t element_size = 0;               // bytes
  CombineFunction combine = nullptr;          // of the elements' type
  int divisor = 0;                            // above 1: of the combined value
  unsigned streamed = 0;  // bit d: nobody reads destination d soon (stream_copy.hpp)
};

// Needs: `count` elements at every address, of any alignment. The first destination may be one of
//        the sources, and so may any destination of a mere copy; otherwise none overlaps another.
// Cost:  reads each source once and writes each destination once, as far as the caches beyond the
//        first level are concerned.
void run_arithmetic(const NodeArithmetic& work);

}  // namespace pleach
