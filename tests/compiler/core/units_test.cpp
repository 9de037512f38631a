#include "compiler/core/units.hpp"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("bandwidths in every unit are exact") {
  const std::vector<std::pair<const char*, Rational>> cases = {
      {"300 GB/s", 300},
      {"400 Gb/s", 50},
      {"400 Gbps", 50},
      {"25GB/s", 25},
      {"  12.5   GBps  ", Rational(25, 2)},
      {"1 TB/s", 1000},
      {"1 Tb/s", 125},
      {"1 MB/s", Rational(1, 1000)},
      {"8 kb/s", Rational(1, 1'000'000)},
      {"1 B/s", Rational(1, 1'000'000'000)},
      {"8 b/s", Rational(1, 1'000'000'000)},
      {"1 GiB/s", Rational(1'073'741'824, 1'000'000'000)},
      {"1 kiB/s", Rational(1024, 1'000'000'000)},
      {"1 TiB/s", Rational(1'099'511'627'776, 1'000'000'000)},
      {"0 GB/s", 0},
      {"128.57142857142858 GB/s", Rational(6428571428571429, 50000000000000)},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    const auto bandwidth = parse_bandwidth(text);
    REQUIRE(bandwidth.has_value());
    CHECK(bandwidth->gigabytes_per_second == expected);
  }
}

TEST_CASE("anything else is no bandwidth") {
  for (const char* text :
       {"",         "300",      "GB/s",     "-1 GB/s", "+1 GB/s",    "1e3 GB/s",  "300 GB",
        "300 gb/s", "300 GB/S", "1 KiB/s",  "300 G/s", "300 GB/s x", "3 00 GB/s", "1..5 GB/s",
        "1. GB/s",  ".5 GB/s",  "1/2 GB/s", "1 XB/s",  "1 Gi/s",     "1 GiiB/s",  "1 iB/s",
        "1 GB ps",  "inf GB/s", "nan",      "1 GB/s\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bandwidth(text).has_value());
  }
}

TEST_CASE("latencies") {
  CHECK(parse_latency("0.35 us")->microseconds == Rational(7, 20));
  CHECK(parse_latency("350ns")->microseconds == Rational(7, 20));
  CHECK(parse_latency("1 ms")->microseconds == Rational(1000));
  CHECK(parse_latency("0 us")->microseconds == Rational(0));
  for (const char* text : {"", "1", "1 s", "-1 us", "us", "1 µs", "1 US", "1 us us"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_latency(text).has_value());
  }
}

TEST_CASE("values are written so that they read back the same") {
  CHECK(to_string(Bandwidth{Rational(1485, 4)}) == "371.25 GB/s");
  CHECK(to_string(Bandwidth{Rational(1000, 3)}) == "1000/3 GB/s");
  CHECK(to_string(Latency{Rational(7, 20)}) == "0.35 us");
  for (const char* text : {"1 b/s", "3 GiB/s", "7 Tib/s", "128.57142857142858 GB/s"}) {
    CAPTURE(text);
    const auto bandwidth = parse_bandwidth(text);
    REQUIRE(bandwidth.has_value());
    CHECK(parse_bandwidth(to_string(*bandwidth)) == bandwidth);
  }
}

}  // namespace
}  // namespace pleach
