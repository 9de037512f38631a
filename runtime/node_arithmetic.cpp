#include "runtime/node_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "compiler/core/check.hpp"

namespace pleach {
namespace {

// The result of a piece is still in the first-level cache when it is copied on.
constexpr std::size_t kPieceBytes = 8 << 10;

}  // namespace

void run_arithmetic(const NodeArithmetic& work) {
  const std::size_t fan = work.sources.size();
  ENSURE(fan >= 1 && fan <= kMaxSources, "an op combines 1 to 8 sources");
  ENSURE(!work.destinations.empty(), "an op stores to a destination");
  std::array<const std::byte*, kMaxSources> sources{};
  const bool onto_itself = fan == 1 && work.divisor <= 1 && work.sources[0] == work.destinations[0];
  if (onto_itself && work.destinations.size() == 1) return;
  const std::size_t piece = kPieceBytes / work.element_size;
  for (std::size_t first = 0; first < work.count; first += piece) {
    const std::size_t offset = first * work.element_size;
    const std::size_t count = std::min(piece, work.count - first);
    for (std::size_t i = 0; i < fan; ++i) sources[i] = work.sources[i] + offset;
    std::byte* const result = work.destinations[0] + offset;
    if (!onto_itself) work.combine(result, std::span(sources).first(fan), count, work.divisor);
    for (std::byte* const destination : work.destinations.subspan(1)) {
      std::memcpy(destination + offset, result, count * work.element_size);
    }
  }
}

}  // namespace pleach
