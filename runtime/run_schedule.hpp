// Runs a schedule over real buffers and measures it, whatever backend moves the data: what
// `pleach run` does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/core/collective.hpp"
#include "compiler/core/data_type.hpp"
#include "compiler/core/result.hpp"
#include "compiler/ir/schedule.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/reference.hpp"
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

// Makes the buffers of one plan, inputs in them, and executes it on them.
class PlanRun {
 public:
  PlanRun() = default;
  PlanRun(const PlanRun&) = delete;
  PlanRun& operator=(const PlanRun&) = delete;
  virtual ~PlanRun() = default;

  // Writes inputs, and poison where results will be.
  virtual void fill(const CollectiveCall& call) = 0;
  // One execution; gives its time in microseconds.
  [[nodiscard]] virtual double execute() = 0;
  // Of the last execution, over all ranks.
  [[nodiscard]] virtual std::uint64_t count_wrong(const CollectiveCall& call) = 0;
};

struct RunBackend {
  std::string name;
  double copies = 1;  // of all buffers, in memory of the host
  std::function<Result<Plan>(const Schedule& schedule, const PlanOptions& options)> lower;
  // Needs: violations(plan) empty.
  std::function<std::unique_ptr<PlanRun>(Plan plan, const RunOptions& options)> start;
};

// Lowers the schedule, checks the lowered plan, runs it out of place and in place.
//
// Errors: a schedule whose trees do not span the ranks or whose shares do not add up is a
//         Diagnostic for each mistake, with JSON pointers into the schedule file; so are bytes
//         that make less than one element, for allgather and reduce_scatter one for each rank.
// Throws: MachineError when the buffers do not fit in memory; the message has the size needed. What
//         the backend throws.
// Cost:   memory for every rank's input and output at once; 2 (warmup + iterations + check) runs.
[[nodiscard]] Result<RunReport> run_schedule(const Schedule& schedule,
                                             const RunOptions& options,
                                             const RunBackend& backend);

}  // namespace pleach
