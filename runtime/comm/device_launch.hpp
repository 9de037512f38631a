// Calls of ranks on devices as launches: ranks that share a device go as one.
#pragma once

#include <span>

#include "runtime/comm/call.hpp"
#include "runtime/comm/communicator.hpp"

namespace pleach {

struct DeviceEntry {
  Communicator* rank = nullptr;
  Call call;
};

// Starts all of them, at most one for each rank, and returns; an emulated device's are done then.
// Ranks of one communicator, of the same call, on one device are one kernel, since kernels that
// wait for one another must all be resident. Throws the first failure, when all have been tried.
void launch(std::span<const DeviceEntry> entries);

}  // namespace pleach
