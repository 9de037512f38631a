// The arithmetic of a benchmark: which sizes, which of the times, how good is one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/core/collective.hpp"
#include "runtime/perf/perf_options.hpp"

namespace pleach::perf {

// From the least to the most that is not above max_bytes, as nccl-tests steps. Empty when max_bytes
// is below min_bytes.
[[nodiscard]] std::vector<std::uint64_t> sizes_of(const Options& options);

// One time from those of all threads, that of rank 0 first. Needs: at least one.
[[nodiscard]] double average_of(Average average, std::span<const double> times);
// Needs: at least one value.
[[nodiscard]] double median_of(std::vector<double> values);

// Bytes that must be read and written between them, however it is done, out of place, with every
// rank's memory in this machine: each input once and each output once.
[[nodiscard]] double least_traffic(Collective collective, int ranks, double whole_bytes);

// Share of the time that the least traffic would take at memcpy's rate, which reads and writes:
// 1 is as good as one thread's memcpy. `memcpy_rate`: GB/s that are copied.
[[nodiscard]] double efficiency_of(
    Collective collective, int ranks, double whole_bytes, double time_us, double memcpy_rate);

}  // namespace pleach::perf
