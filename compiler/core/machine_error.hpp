// The machine failed or lacks something: memory, a device, a peer, time.
//
// Neither the user's mistake (Diagnostic) nor ours (InternalError); the tool exits with 3.
#pragma once

#include <stdexcept>

namespace pleach {

// what() is one complete sentence for the user: what was needed, what was there, what to do.
class MachineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pleach
