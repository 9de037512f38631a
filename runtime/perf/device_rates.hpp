// What a device's memory does at best, to hold results against.
#pragma once

#include <memory>

#include "runtime/device/device.hpp"

namespace pleach::perf {

// GB/s. A plain copy reads as much again; gathers write more than they read, so how fast memory is
// written alone tells something too.
struct DeviceRates {
  double copy = 0;
  double set = 0;
};

// Of 512 MiB (8 MiB on an emulated device), the best of several times. Less than a second. Needs:
// nobody else uses the device. Throws MachineError when there is not the memory, or the device
// fails.
[[nodiscard]] DeviceRates measure_device_rates(const std::shared_ptr<Device>& device);

}  // namespace pleach::perf
