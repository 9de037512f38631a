// NCCL's logger, for tests. It has no context, so there is one for the process.
#pragma once

#include <string>
#include <vector>

#include "runtime/nccl/abi.hpp"

namespace pleach::testing {

struct LogLine {
  int level = 0;
  unsigned long flags = 0;
  std::string text;
};

// An nccl::abi::Logger; may run in several threads at once.
void record(int level, unsigned long flags, const char* file, int line, const char* format, ...)
    __attribute__((format(printf, 5, 6)));

// What was recorded since the last call.
[[nodiscard]] std::vector<LogLine> take_log();

// Those of a level.
[[nodiscard]] std::vector<std::string> lines_of(const std::vector<LogLine>& lines, int level);

}  // namespace pleach::testing
