#include "kernels/bulk_copy.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tests/kernels/block.hpp"

namespace pleach {
namespace {

using device::kBulkPiece;
using testing::Area;

// The host's engine stores as late as it may, so a stage that is filled too early shows.
TEST_CASE("any number of pieces to any number of places") {
  std::mt19937_64 random(1);
  for (const std::size_t bytes : std::vector<std::size_t>{
           16, kBulkPiece - 16, kBulkPiece, kBulkPiece + 16, 2 * kBulkPiece, 3 * kBulkPiece,
           3 * kBulkPiece + 16, 4 * kBulkPiece, 7 * kBulkPiece - 16, 11 * kBulkPiece + 48}) {
    for (std::size_t fan = 1; fan <= device::kMostFan; ++fan) {
      for (const std::size_t offset : {0U, 16U, 208U}) {
        CAPTURE(bytes);
        CAPTURE(fan);
        CAPTURE(offset);
        Area source(0, offset + bytes, random);
        const std::vector<std::byte> before = source.content();
        std::vector<Area> to(fan, Area(0, offset + bytes, random));
        const std::vector<std::byte> untouched = to[0].content();
        std::vector<std::byte*> destinations;
        for (Area& area : to) destinations.push_back(area.data());
        const bool in_place = fan % 3 == 0;
        if (in_place) destinations[fan - 1] = source.data();
        device::bulk_copy(source.data(), destinations.data(), static_cast<std::uint32_t>(fan),
                          offset, bytes);
        CHECK(source.content() == before);
        CHECK(source.is_guarded());
        std::vector<std::byte> expected = before;
        std::copy_n(untouched.begin(), offset, expected.begin());
        for (std::size_t d = 0; d < fan; ++d) {
          CHECK(to[d].is_guarded());
          CHECK(to[d].content() == (in_place && d == fan - 1 ? untouched : expected));
        }
      }
    }
  }
}

}  // namespace
}  // namespace pleach
