// Starts a root in a thread of this process.
#pragma once

#include <chrono>
#include <string>

#include "runtime/net/address.hpp"
#include "runtime/net/wire.hpp"

namespace pleach {

struct RootStart {
  Address address;  // where it listens, with the port the system chose for port 0
  int error = 0;    // errno when it could not be started
  [[nodiscard]] std::string message() const;
};

// The thread is detached: it ends with its ranks, after `idle` without any, or with the process. It
// handles no signals. Its sockets are in a table of file descriptors of its own where the system
// allows (close_range(2), Linux 5.9), so that children of fork() hold none of them open: else the
// ranks would not notice the end of this process before that of its children.
[[nodiscard]] RootStart start_root(const Address& address,
                                   const wire::Key& key,
                                   std::chrono::milliseconds idle);

}  // namespace pleach
