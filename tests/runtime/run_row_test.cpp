#include "runtime/run_row.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("bandwidths are bytes over time, busbw with nccl-tests' factor") {
  const RunTiming timing = timing_of(Collective::AllReduce, 4, 1'000'000, 100);
  CHECK(timing.time_us == 100);
  CHECK(timing.algbw == doctest::Approx(10));
  CHECK(timing.busbw == doctest::Approx(15));
  CHECK_FALSE(timing.wrong.has_value());
  CHECK(timing_of(Collective::AllGather, 4, 1'000'000, 100).busbw == doctest::Approx(7.5));
  CHECK(timing_of(Collective::ReduceScatter, 5, 1'000'000, 100).busbw == doctest::Approx(8));
  CHECK(timing_of(Collective::Broadcast, 4, 1'000'000, 100).busbw == doctest::Approx(10));
  CHECK(timing_of(Collective::AllReduce, 4, 0, 100).algbw == 0);
  CHECK(timing_of(Collective::AllReduce, 4, 100, 0).algbw == 0);
}

TEST_CASE("a row has nccl-tests' columns, below their names") {
  const RunRow row{.bytes = 8192,
                   .count = 2048,
                   .dtype = "float32",
                   .op = "sum",
                   .root = -1,
                   .out_of_place = {.time_us = 12.34, .algbw = 0.664, .busbw = 0.996, .wrong = 0},
                   .in_place = {.time_us = 7, .algbw = 1.17, .busbw = 1.755, .wrong = {}}};
  CHECK(to_string(row) ==
        "        8192          2048   float32     sum      -1      12.3    0.66    1.00       0"
        "       7.0    1.17    1.75     N/A");
  const std::string head = run_table_head();
  const std::size_t names = head.find("\n#") + 1;
  CHECK(head.find('\n', names) - names == to_string(row).size());
}

}  // namespace
}  // namespace pleach
