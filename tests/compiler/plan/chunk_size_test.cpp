#include "compiler/plan/chunk_size.hpp"

#include <cmath>
#include <initializer_list>

#include <doctest/doctest.h>

namespace pleach {
namespace {

// The model itself, which the formula minimises.
double seconds(double bytes, int hops, double chunk, const HopCost& cost) {
  return (hops - 1 + bytes / chunk) * (cost.seconds + chunk / cost.bytes_per_second);
}

TEST_CASE("the chosen chunk is the best power of two, or next to it, within the limits") {
  for (const double alpha : {1e-7, 2e-6, 5e-5}) {
    for (const double beta : {6e7, 1e9, 4e10}) {
      const HopCost cost{.seconds = alpha,
                         .bytes_per_second = beta,
                         .least_bytes = 4 << 10,
                         .most_bytes = 1 << 20};
      for (const std::uint64_t bytes :
           {std::uint64_t{1}, std::uint64_t{100000}, std::uint64_t{1} << 30}) {
        for (const int hops : {1, 2, 5, 31}) {
          const std::size_t chosen = best_chunk_bytes(bytes, hops, cost);
          CHECK((chosen & (chosen - 1)) == 0);
          CHECK(chosen >= cost.least_bytes);
          CHECK(chosen <= cost.most_bytes);
          const auto size = static_cast<double>(bytes);
          for (std::size_t other = cost.least_bytes; other <= cost.most_bytes; other *= 2) {
            if (static_cast<double>(other) > size) break;  // the model knows whole chunks only
            // Rounding to a power of two costs at most a few percent.
            CHECK(seconds(size, hops, static_cast<double>(chosen), cost) <=
                  1.07 * seconds(size, hops, static_cast<double>(other), cost));
          }
        }
      }
    }
  }
}

TEST_CASE("the example of the model: three hops, 2 us, 25 GB/s, 2 MiB a channel") {
  // c = sqrt(2 MiB x 2 us x 25 GB/s / 2) = 229 kB
  CHECK(best_chunk_bytes(2 << 20, 3,
                         {.seconds = 2e-6,
                          .bytes_per_second = 25e9,
                          .least_bytes = 16 << 10,
                          .most_bytes = 512 << 10}) == 256 << 10);
}

}  // namespace
}  // namespace pleach
