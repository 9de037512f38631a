#include "runtime/perf/sizes.hpp"

#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace pleach::perf {
namespace {

using Sizes = std::vector<std::uint64_t>;

Sizes sizes(std::uint64_t least, std::uint64_t most, std::uint64_t step, std::uint64_t factor) {
  Options options;
  options.min_bytes = least;
  options.max_bytes = most;
  options.step_bytes = step;
  options.step_factor = factor;
  return sizes_of(options);
}

TEST_CASE("sizes step as nccl-tests does: a factor above 1 wins") {
  CHECK(sizes(8, 100, 30, 1) == Sizes{8, 38, 68, 98});
  CHECK(sizes(8, 98, 30, 1) == Sizes{8, 38, 68, 98});
  CHECK(sizes(8, 64, 30, 2) == Sizes{8, 16, 32, 64});
  CHECK(sizes(8, 63, 30, 2) == Sizes{8, 16, 32});
  CHECK(sizes(8, 8, 1, 1) == Sizes{8});
  CHECK(sizes(9, 8, 1, 2).empty());
}

TEST_CASE("without a largest size there is one") {
  Options options;
  options.min_bytes = 12;
  CHECK(sizes_of(options) == Sizes{12});
}

TEST_CASE("sizes end where the next one would not fit 64 bits") {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK(sizes(most - 1, most, 5, 1) == Sizes{most - 1});
  CHECK(sizes(most / 2, most, 1, 3) == Sizes{most / 2});
}

TEST_CASE("of the times of all threads one is reported") {
  const std::vector<double> times = {3, 1, 8};
  CHECK(average_of(Average::FirstRank, times) == 3);
  CHECK(average_of(Average::Mean, times) == doctest::Approx(4));
  CHECK(average_of(Average::Least, times) == 1);
  CHECK(average_of(Average::Most, times) == 8);
  CHECK(median_of({5, 1, 9}) == 5);
  CHECK(median_of({5, 1, 9, 7}) == 6);
}

TEST_CASE("every input is read once, every output written once") {
  CHECK(least_traffic(Collective::AllGather, 4, 100) == 500);      // 4 x 25 in, 4 x 100 out
  CHECK(least_traffic(Collective::ReduceScatter, 4, 100) == 500);  // the other way round
  CHECK(least_traffic(Collective::AllReduce, 4, 100) == 800);
  CHECK(least_traffic(Collective::Broadcast, 4, 100) == 500);  // the root's input, 4 outputs
  CHECK(least_traffic(Collective::Reduce, 4, 100) == 500);
}

TEST_CASE("efficiency 1 moves the least traffic as fast as memcpy") {
  // 8e6 bytes read and written at 2 x 10 GB/s take 400 us.
  CHECK(efficiency_of(Collective::AllReduce, 4, 1e6, 400, 10) == doctest::Approx(1));
  CHECK(efficiency_of(Collective::AllReduce, 4, 1e6, 800, 10) == doctest::Approx(0.5));
  CHECK(efficiency_of(Collective::AllReduce, 4, 1e6, 0, 10) == 0);
  CHECK(efficiency_of(Collective::AllReduce, 4, 1e6, 400, 0) == 0);
}

}  // namespace
}  // namespace pleach::perf
