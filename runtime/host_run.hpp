// Runs a schedule over real buffers in this process and measures it: `pleach run --backend host`.
//
// Every rank's buffers are ordinary memory of this process and one thread moves all the data, so
// the times say how fast this machine's memory executes the plan, not how fast a network would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/data_type.hpp"
#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "runtime/run_row.hpp"

namespace pleach {

struct RunOptions {
  // The whole buffer, as nccl-tests counts it: the gathered output of an all-gather, the input of a
  // reduce-scatter. Rounded down to whole elements; for those two collectives to the same number of
  // elements for every rank.
  std::uint64_t bytes = std::uint64_t{64} << 20;
  DataType dtype = DataType::Float32;
  ReduceOp op = ReduceOp::Sum;  // ignored by allgather and broadcast
  bool check = false;           // compare every element of every rank with an independent result
  int iterations = 5;           // timed; at least 1
  int warmup = 1;               // not timed, before them; at least 0
  // Refuse to allocate more than this; 0 stands for what the machine says is available.
  std::size_t memory_limit_bytes = 0;
};

struct RunReport {
  Collective collective = Collective::AllGather;
  int ranks = 0;
  std::string backend = "host";
  std::vector<RunRow> rows;
};

// Lowers the schedule, checks the lowered plan, runs it out of place and in place.
//
// Errors: a schedule whose trees do not span the ranks or whose shares do not add up is a
//         Diagnostic for each mistake, with JSON pointers into the schedule file; so are bytes
//         that make less than one element, for allgather and reduce_scatter one for each rank.
// Throws: MachineError when the buffers do not fit in memory; the message has the size needed.
// Cost:   memory for every rank's input and output at once; 2 (warmup + iterations + check) runs.
[[nodiscard]] Result<RunReport> run_on_host(const Schedule& schedule, const RunOptions& options);

}  // namespace pleach
