#include "runtime/perf/device_rates.hpp"

#include <doctest/doctest.h>

#include "runtime/device/emulated_device.hpp"

namespace pleach::perf {
namespace {

TEST_CASE("a device has both rates") {
  const DeviceRates rates = measure_device_rates(open_emulated_device(0));
  CHECK(rates.copy > 0);
  CHECK(rates.set > 0);
}

}  // namespace
}  // namespace pleach::perf
