// How a child process ends.
#pragma once

#include <chrono>
#include <thread>

#include <sys/wait.h>

#include "runtime/net/deadline.hpp"

namespace pleach::testing {

// Its exit code, and `child` is -1 then; -1 for a signal, -2 when it does not end in time.
inline int await_exit(pid_t& child, std::chrono::milliseconds limit) {
  for (const Deadline deadline(limit); !deadline.passed();) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      child = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return -2;
}

}  // namespace pleach::testing
