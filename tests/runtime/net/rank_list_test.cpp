#include "runtime/net/rank_list.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("ranks are listed as one would write them") {
  CHECK(rank_list({}) == "no rank");
  CHECK(rank_list(std::vector{3}) == "rank 3");
  CHECK(rank_list(std::vector{3, 4}) == "ranks 3, 4");
  CHECK(rank_list(std::vector{0, 1, 2, 7, 9, 10, 11}) == "ranks 0-2, 7, 9-11");
}

TEST_CASE("a long list ends with how many more there are") {
  std::vector<int> even;
  for (int rank = 0; rank < 100; rank += 2) even.push_back(rank);
  CHECK(rank_list(even) == "ranks 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and 38 more");
}

}  // namespace
}  // namespace pleach
