// Which device a rank is on, and where pleachMemAlloc takes memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "runtime/device/device.hpp"

namespace pleach {

[[nodiscard]] std::shared_ptr<Device> open_emulated(int number);

// Of a backend by its name: null for "host". Nothing for one that does not exist.
using DeviceOpener = std::shared_ptr<Device> (*)(int number);
[[nodiscard]] std::optional<DeviceOpener> opener_named(const std::string& backend);

// Memory for buffers, of the backend that PLEACH_BACKEND names: the heap that other processes of
// the host map, or the current device. Throws MachineError, or CommError for a name that is none.
[[nodiscard]] std::byte* allocate_buffer(std::size_t bytes);
// False for memory that is not from there. Null does nothing.
[[nodiscard]] bool free_buffer(std::byte* memory);

}  // namespace pleach
