#include "compiler/core/parallel.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>

namespace pleach {
namespace {

// hardware_concurrency() also counts those that the process is kept from.
int num_processors() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

void in_parallel(int count, int least, const std::function<void(int first, int last)>& work) {
  const int ranges = std::clamp(count / least, 1, num_processors());
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
