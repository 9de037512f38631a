// Times of things that run on a device.
#pragma once

#include <functional>
#include <vector>

#include "tests/gpu/setup.hpp"

namespace pleach::gpu_check {

struct Times {
  double median = 0;  // seconds of one
  double least = 0;
  double most = 0;
};

// Needs: samples, at least one.
[[nodiscard]] Times times_of(std::vector<double> samples);

inline constexpr int kSamples = 7;
inline constexpr int kWarmUps = 2;

// Each sample is what lies between two moments on `stream` around start(), divided by `repeats`,
// of which start() starts so many.
[[nodiscard]] Times time_of(Device& device,
                            void* stream,
                            int repeats,
                            const std::function<void()>& start);

// One execution of the plan, of several in a CUDA graph: one graph, or one for each rank on a
// stream of its own.
[[nodiscard]] Times time_of_execution(const Setup& setup,
                                      DeviceExecutor& executor,
                                      std::span<const RankBuffers> buffers,
                                      Launches launches,
                                      int repeats);

}  // namespace pleach::gpu_check
