#include "runtime/node_arithmetic.hpp"

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/runtime/element_types.hpp"

namespace pleach {
namespace {

// `count` numbers at `shift` bytes into memory that ends with them.
struct Shifted {
  std::size_t shift;
  std::vector<std::byte> memory;

  Shifted(std::size_t bytes_before, std::size_t count, int first)
      : shift(bytes_before), memory(bytes_before + count * sizeof(std::int32_t)) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t value = first + static_cast<std::int32_t>(i);
      std::memcpy(address() + i * sizeof(value), &value, sizeof(value));
    }
  }
  std::byte* address() { return memory.data() + shift; }
  std::int32_t at(std::size_t i) {
    std::int32_t value = 0;
    std::memcpy(&value, address() + i * sizeof(value), sizeof(value));
    return value;
  }
};

TEST_CASE("every number of sources and destinations, over several pieces, of any alignment") {
  std::mt19937_64 random(12);
  for (const std::size_t count : {0U, 1U, 7U, 2047U, 2048U, 2049U, 5000U}) {
    for (std::size_t fan = 1; fan <= kMaxSources; ++fan) {
      for (const bool in_place : {false, true}) {
        CAPTURE(count);
        CAPTURE(fan);
        CAPTURE(in_place);
        const std::size_t num_destinations = kMaxSources + 1 - fan;
        const int divisor = fan % 2 == 0 ? 3 : 0;
        std::vector<Shifted> from;
        std::vector<Shifted> to;
        std::vector<const std::byte*> sources;
        std::vector<std::byte*> destinations;
        for (std::size_t s = 0; s < fan; ++s) {
          from.emplace_back(random() % 9, count, static_cast<int>(1000 * s));
        }
        for (std::size_t d = 0; d < num_destinations; ++d) to.emplace_back(random() % 9, count, -5);
        for (Shifted& source : from) sources.push_back(source.address());
        for (Shifted& destination : to) destinations.push_back(destination.address());
        if (in_place) destinations[0] = from[0].address();
        run_arithmetic({.sources = sources,
                        .destinations = destinations,
                        .count = count,
                        .element_size = 4,
                        .combine = combine_function(DataType::Int32, ReduceOp::Sum),
                        .divisor = divisor});
        std::size_t wrong = 0;
        for (std::size_t d = 0; d < num_destinations; ++d) {
          Shifted& result = in_place && d == 0 ? from[0] : to[d];
          for (std::size_t i = 0; i < count; ++i) {
            const auto n = static_cast<std::int32_t>(fan);
            std::int32_t sum = 500 * n * (n - 1) + n * static_cast<std::int32_t>(i);
            if (divisor != 0) sum /= divisor;
            if (result.at(i) != sum) ++wrong;
          }
        }
        CHECK(wrong == 0);
        for (std::size_t s = in_place ? 1 : 0; s < fan && count > 0; ++s) {
          CHECK(from[s].at(count - 1) ==
                static_cast<std::int32_t>(1000 * s) + static_cast<std::int32_t>(count) - 1);
        }
      }
    }
  }
}

TEST_CASE("an op without a source or a destination is refused") {
  std::vector<float> values(4);
  std::byte* const destination = testing::bytes_of(values);
  const std::byte* const source = destination;
  NodeArithmetic work{.sources = {&source, 1},
                      .destinations = {},
                      .count = 4,
                      .element_size = 4,
                      .combine = combine_function(DataType::Float32, ReduceOp::Sum)};
  CHECK_THROWS_AS(run_arithmetic(work), InternalError);
  work.destinations = {&destination, 1};
  work.sources = {};
  CHECK_THROWS_AS(run_arithmetic(work), InternalError);
}

}  // namespace
}  // namespace pleach
