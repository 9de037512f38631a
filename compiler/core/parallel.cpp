#include "compiler/core/parallel.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace pleach {

void in_parallel(int count, int least, const std::function<void(int first, int last)>& work) {
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int ranges = std::clamp(count / least, 1, processors);
  const auto begin_of = [&](int range) {
    return static_cast<int>(std::int64_t{count} * range / ranges);
  };
  std::vector<std::exception_ptr> thrown(ranges);
  const auto run = [&](int range) {
    try {
      work(begin_of(range), begin_of(range + 1));
    } catch (...) {
      thrown[range] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int range = 1; range < ranges; ++range) {
      try {
        threads.emplace_back(run, range);
      } catch (const std::system_error&) {
        run(range);  // no more threads are to be had
      }
    }
    run(0);
  }
  for (const std::exception_ptr& one : thrown) {
    if (one) std::rethrow_exception(one);
  }
}

}  // namespace pleach
