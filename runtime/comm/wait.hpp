// Waits for calls under way; the only place where the runtime waits during a call.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "runtime/comm/communicator.hpp"

namespace pleach {

// Moves the data of all these ranks, which this thread owns, until their calls are done. A rank
// that stands still for its timeout fails with the wait that is not met; one that fails does not
// keep the others from ending, by success or, as they learn of it, by failure. Throws the first
// CommError, when all have ended.
void finish(std::span<Communicator* const> ranks);

// "0.250 s", "10 s".
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds time);

}  // namespace pleach
