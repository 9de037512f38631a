#include "runtime/perf/sizes.hpp"

#include <algorithm>
#include <numeric>

namespace pleach::perf {

std::vector<std::uint64_t> sizes_of(const Options& options) {
  const std::uint64_t most = options.max_bytes.value_or(options.min_bytes);
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t size = options.min_bytes; size <= most;) {
    sizes.push_back(size);
    if (options.step_factor > 1) {
      if (size > most / options.step_factor) break;  // the product may not fit
      size *= options.step_factor;
    } else {
      if (options.step_bytes > most - size) break;
      size += options.step_bytes;
    }
  }
  return sizes;
}

double average_of(Average average, std::span<const double> times) {
  switch (average) {
    case Average::FirstRank: return times.front();
    case Average::Mean:
      return std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
    case Average::Least: return std::ranges::min(times);
    case Average::Most: break;
  }
  return std::ranges::max(times);
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double least_traffic(Collective collective, int ranks, double whole_bytes) {
  const double n = ranks;
  // Every rank has the whole on both sides, or on one side and on the other it is there once.
  return whole_bytes * (collective == Collective::AllReduce ? 2 * n : n + 1);
}

double efficiency_of(
    Collective collective, int ranks, double whole_bytes, double time_us, double memcpy_rate) {
  if (time_us <= 0 || memcpy_rate <= 0) return 0;
  const double bytes_per_us = memcpy_rate * 1e3;
  return least_traffic(collective, ranks, whole_bytes) / (time_us * 2 * bytes_per_us);
}

}  // namespace pleach::perf
