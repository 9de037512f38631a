#include "runtime/node_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "compiler/core/check.hpp"
#include "runtime/stream_copy.hpp"

namespace pleach {
namespace {

// The result of a piece is still in the first-level cache when it is copied on.
constexpr std::size_t kPieceBytes = 8 << 10;

struct Piece {
  const NodeArithmetic& work;
  std::size_t offset;  // bytes
  std::size_t count;

  [[nodiscard]] std::size_t bytes() const { return count * work.element_size; }

  // Combines into `result`.
  void combine(std::byte* result) const {
    std::array<const std::byte*, kMaxSources> sources{};
    for (std::size_t i = 0; i < work.sources.size(); ++i) sources[i] = work.sources[i] + offset;
    work.combine(result, std::span(sources).first(work.sources.size()), count, work.divisor);
  }

  void store(const std::byte* result, std::size_t first_destination) const {
    for (std::size_t i = first_destination; i < work.destinations.size(); ++i) {
      std::byte* const into = work.destinations[i] + offset;
      if (into == result) continue;
      if ((work.streamed >> i & 1) != 0) {
        stream_copy(into, result, bytes());
      } else {
        std::memcpy(into, result, bytes());
      }
    }
  }
};

}  // namespace

void run_arithmetic(const NodeArithmetic& work) {
  const std::size_t fan = work.sources.size();
  ENSURE(fan >= 1 && fan <= kMaxSources, "an op combines 1 to 8 sources");
  ENSURE(!work.destinations.empty(), "an op stores to a destination");
  const bool copies = fan == 1 && work.divisor <= 1;
  const std::size_t piece = kPieceBytes / work.element_size;
  alignas(64) std::array<std::byte, kPieceBytes> result;
  for (std::size_t first = 0; first < work.count; first += piece) {
    const Piece now{work, first * work.element_size, std::min(piece, work.count - first)};
    if (copies) {
      now.store(work.sources[0] + now.offset, 0);
    } else if ((work.streamed & 1) != 0) {
      now.combine(result.data());
      now.store(result.data(), 0);
    } else {
      std::byte* const into = work.destinations[0] + now.offset;
      now.combine(into);
      now.store(into, 1);
    }
  }
  if (work.streamed != 0) end_stream_copies();
}

}  // namespace pleach
