// What the plugins say, one line at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "compiler/core/result.hpp"
#include "runtime/nccl/abi.hpp"

namespace pleach::nccl {

enum class Loudness {
  Detail,  // each decision: who looks at tuning
  Inform,  // what was found at the start
  Warn,    // something that was asked for is not done
};

// Takes lines of several threads at once.
using LogSink = std::function<void(Loudness, const std::string& line)>;

// The subsystems that NCCL_DEBUG_SUBSYS selects by; a plugin's own choice.
struct LogFlags {
  unsigned long detail = 0;
  unsigned long inform = 0;
};

// Into NCCL's log. A null logger: warnings go to stderr, the others nowhere.
[[nodiscard]] LogSink sink_of(abi::Logger logger, LogFlags flags);

// The text as one line: control characters become spaces, and past kLongestLine bytes it is cut, so
// that NCCL's prefix and the line fit in what NCCL keeps.
[[nodiscard]] std::string one_line(std::string_view text);
inline constexpr std::size_t kLongestLine = 800;

// The first mistake with its place and what was expected, and how many more there are.
// Needs: at least one.
[[nodiscard]] std::string summary_of(const Diagnostics& mistakes);

}  // namespace pleach::nccl
