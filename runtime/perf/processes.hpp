// The processes and threads of a benchmark.
#pragma once

#include <functional>

namespace pleach::perf {

// Runs `body` with 0 … count - 1, each in a forked process of its own that ends with what the body
// returns, an exit code. Returns the worst: 3 before any other, also for a process that a signal
// ends, then the largest. The processes do not outlive this one.
// Needs: a body that does not throw. Throws MachineError when a process can not be made.
[[nodiscard]] int run_processes(int count, const std::function<int(int)>& body);

// The same with threads of this process: number 0 in the calling thread.
[[nodiscard]] int run_threads(int count, const std::function<int(int)>& body);

// Of two exit codes.
[[nodiscard]] int worse(int a, int b);

}  // namespace pleach::perf
