// What a long pass tells its caller while it works.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace pleach {

// How far one stage of the work has come: `done` of `total` steps, 0 <= done <= total.
struct Stage {
  std::string_view name;  // "bound"
  std::int64_t done = 0;
  std::int64_t total = 0;
};

// Called at every step, a microsecond or a second apart. It may throw to stop the work: a pass owns
// all that it has made so far, so nothing is left half-done. An empty one is never called.
using Progress = std::function<void(const Stage&)>;

inline void report(const Progress& progress, const Stage& stage) {
  if (progress) progress(stage);
}

}  // namespace pleach
