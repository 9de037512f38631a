// The steps of the program. Each prints what it did, and returns whether all was right.
#pragma once

#include "tests/gpu/setup.hpp"

namespace pleach::gpu_check {

// Every collective, type, operator and number of ranks from 2 to 8, in and out of place, at odd
// sizes and addresses: exact inputs bit by bit, rough ones against float64 and the host's bits.
[[nodiscard]] bool run_correct(const Setup& setup);

// 1,000 replays of each kind of graph, with other inputs each time.
[[nodiscard]] bool run_graphs(const Setup& setup);

// A rank that is not launched: others give up and say why, or are called off; the device goes on.
[[nodiscard]] bool run_faults(const Setup& setup);

// Makes paths absolute and finds the version. Throws MachineError: no library, plugin or table;
// says what to do.
void prepare_nccl(NcclSetup& setup);

// Stock NCCL with 2 and with 4 ranks on one GPU, a process each, with and without the tuner plugin:
// the results are right, NCCL's log tells that the plugin was loaded, and NCCL decided by its
// table.
[[nodiscard]] bool run_nccl(const Setup& setup);

// Times against what the device copies in the same run. Targets that are missed are told, and are
// no failure; wrong results are.
[[nodiscard]] bool run_bench(const Setup& setup);

}  // namespace pleach::gpu_check
