#include "compiler/core/parallel.hpp"

#include <numeric>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("every item once, whatever the ranges") {
  for (const int count : {0, 1, 2, 7, 1000}) {
    for (const int least : {1, 3, 5000}) {
      CAPTURE(count);
      CAPTURE(least);
      std::vector<int> calls(count);
      in_parallel(count, least, [&](int first, int last) {
        for (int i = first; i < last; ++i) ++calls[i];
      });
      CHECK(calls == std::vector<int>(count, 1));
    }
  }
}

TEST_CASE("few items are worked on in one range") {
  std::vector<int> lengths;
  in_parallel(9, 5, [&](int first, int last) { lengths.push_back(last - first); });
  CHECK(lengths == std::vector<int>{9});
}

TEST_CASE("the first range's error comes out, after all have ended") {
  std::vector<char> done(1000);
  const auto fail = [&] {
    in_parallel(1000, 1, [&](int first, int last) {
      for (int i = first; i < last; ++i) done[i] = 1;
      throw std::runtime_error("from " + std::to_string(first));
    });
  };
  CHECK_THROWS_WITH(fail(), "from 0");
  CHECK(std::accumulate(done.begin(), done.end(), 0) == 1000);
}

}  // namespace
}  // namespace pleach
