#include "runtime/arrival_counter.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("chunks count when those before them are there") {
  ArrivalCounter counter;
  counter.add(1);
  counter.add(2);
  CHECK(counter.count() == 0);
  counter.add(0);
  CHECK(counter.count() == 3);
  counter.add(4);
  CHECK(counter.count() == 3);
  counter.add(3);
  CHECK(counter.count() == 5);
}

TEST_CASE("what was counted before, or is too far ahead, changes nothing") {
  ArrivalCounter counter;
  for (std::uint64_t i = 0; i < 300; ++i) counter.add(i);
  counter.add(299);
  counter.add(250);
  counter.add(300 + 64);
  CHECK(counter.count() == 300);
  counter.add(300 + 63);
  counter.add(300 + 63);
  for (std::uint64_t i = 300; i < 363; ++i) {
    CHECK(counter.count() == i);
    counter.add(i);
  }
  CHECK(counter.count() == 364);
}

TEST_CASE("any order within a window of 64, with numbers modulo 256") {
  std::mt19937_64 random(7);
  for (const std::size_t window : {1U, 2U, 8U, 63U, 64U}) {
    ArrivalCounter counter;
    std::uint64_t next = 0;
    std::vector<std::uint64_t> under_way;
    std::vector<bool> there;
    while (next < 3000 || !under_way.empty()) {
      // A chunk starts when it is within the window of the first that is missing.
      while (next < 3000 && next < counter.count() + window) under_way.push_back(next++);
      std::swap(under_way[random() % under_way.size()], under_way.back());
      const std::uint64_t chunk = under_way.back();
      under_way.pop_back();
      there.resize(next);
      there[chunk] = true;
      counter.add(chunk & 0xff);
      const auto first = std::find(there.begin(), there.end(), false);
      REQUIRE(counter.count() == static_cast<std::uint64_t>(first - there.begin()));
    }
    CHECK(counter.count() == 3000);
  }
}

}  // namespace
}  // namespace pleach
