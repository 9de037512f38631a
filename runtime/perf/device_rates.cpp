#include "runtime/perf/device_rates.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "runtime/device/device_buffer.hpp"

namespace pleach::perf {
namespace {

constexpr std::size_t kBytes = std::size_t{512} << 20;  // far more than any cache of a GPU
constexpr std::size_t kEmulatedBytes = std::size_t{8} << 20;
constexpr int kTimes = 8;

}  // namespace

DeviceRates measure_device_rates(const std::shared_ptr<Device>& device) {
  const std::size_t bytes = device->pci().empty() ? kEmulatedBytes : kBytes;
  const DeviceStream stream(device);
  const DeviceBuffer from(device, bytes);
  const DeviceBuffer to(device, bytes);
  const auto rate_of = [&](const std::function<void()>& work) {
    double best = 0;
    for (int i = 0; i < kTimes; ++i) {
      const std::uint64_t start = device->mark(stream.get());
      work();
      const std::uint64_t stop = device->mark(stream.get());
      const double seconds = device->seconds_between(start, stop);
      if (seconds > 0) best = std::max(best, static_cast<double>(bytes) / seconds * 1e-9);
    }
    return best;
  };
  return {.copy = rate_of([&] { device->copy(to.data(), from.data(), bytes, stream.get()); }),
          .set = rate_of([&] { device->set(to.data(), std::byte{1}, bytes, stream.get()); })};
}

}  // namespace pleach::perf
