// What a call on a communicator fails with.
#pragma once

#include <stdexcept>
#include <string>

#include "compiler/core/machine_error.hpp"

namespace pleach {

// The kinds are those of the C API.
class CommError : public std::runtime_error {
 public:
  enum class Kind {
    InvalidArgument,  // this call's values
    InvalidUsage,     // right values at a wrong time, or not those of the other ranks
    System,           // this machine
    Remote,           // another rank: gone, silent, or it has failed
    Aborted,          // the program asked for it
    Device,           // this rank's GPU
  };

  CommError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// What `action` gives; a failure of this machine, or of a peer during the exchange, as a CommError.
template <class Action>
auto as_comm_error(CommError::Kind kind, Action action) {
  try {
    return action();
  } catch (const MachineError& error) {
    throw CommError(kind, error.what());
  }
}

}  // namespace pleach
