// A communicator's options, from the C API's structure and the environment.
#pragma once

#include "runtime/comm/communicator.hpp"
#include "runtime/include/pleach.h"
#include "runtime/net/launcher.hpp"

namespace pleach {

// Members of `config` that are not zero, then the environment (pleach.h names the variables), then
// the defaults. `config` may be null. Throws CommError: a structure of another size, a variable
// that is no number; it names both.
[[nodiscard]] CommOptions comm_options(const pleachConfig_t* config,
                                       const Environment& environment);

}  // namespace pleach
