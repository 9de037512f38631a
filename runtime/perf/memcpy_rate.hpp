// What this machine's memory does at best, to hold results against.
#pragma once

namespace pleach::perf {

// GB/s that one thread's memcpy copies: 64 MiB, the best of several times. A second or less.
// Throws MachineError when there is not the memory.
[[nodiscard]] double measure_memcpy_rate();

}  // namespace pleach::perf
