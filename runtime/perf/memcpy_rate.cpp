#include "runtime/perf/memcpy_rate.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

#include "compiler/core/machine_error.hpp"
#include "runtime/host_memory.hpp"

namespace pleach::perf {
namespace {

constexpr std::size_t kBytes = std::size_t{64} << 20;
constexpr int kTimes = 12;

}  // namespace

double measure_memcpy_rate() try {
  using Clock = std::chrono::steady_clock;
  const HostBuffer from(kBytes);
  const HostBuffer to(kBytes);
  double best = 0;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = Clock::now();
    std::memcpy(to.data(), from.data(), kBytes);
    asm volatile("" : : "r"(to.data()) : "memory");  // nobody reads what was copied
    const std::chrono::duration<double, std::nano> time = Clock::now() - start;
    best = std::max(best, static_cast<double>(kBytes) / time.count());
  }
  return best;
} catch (const std::bad_alloc&) {
  throw MachineError("128 MiB to measure the memory with are not there; free some memory");
}

}  // namespace pleach::perf
