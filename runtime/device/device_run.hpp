// Runs a schedule over real buffers on one device and measures it: `pleach run --backend cuda`.
//
// All ranks are on the one device and go as one launch, so the times say how fast its memory
// executes the plan, not how fast the links between GPUs would. They are the device's own, from the
// start of a launch to its end.
#pragma once

#include <memory>
#include <string>

#include "runtime/device/device.hpp"
#include "runtime/run_schedule.hpp"

namespace pleach {

// `backend`: what the report calls it, "cuda" or "emulated". See run_schedule.
// Throws: MachineError, too, for more ranks than one launch takes and when the device fails.
[[nodiscard]] Result<RunReport> run_on_device(const Schedule& schedule,
                                              const RunOptions& options,
                                              const std::shared_ptr<Device>& device,
                                              const std::string& backend);

}  // namespace pleach
