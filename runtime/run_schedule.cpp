#include "runtime/run_schedule.hpp"

#include <algorithm>
#include <new>
#include <sstream>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/plan/check_plan.hpp"
#include "runtime/run_memory.hpp"

namespace pleach {
namespace {

std::string in_gibibytes(double bytes) {
  std::ostringstream text;
  text.precision(3);
  text << bytes / (1 << 30) << " GiB";
  return text.str();
}

void check_memory(const Plan& plan, double copies, std::size_t limit) {
  const double needed = copies * RunMemory::bytes_needed(plan);
  const auto there = static_cast<double>(limit != 0 ? limit : available_memory());
  if (needed <= there) return;
  throw MachineError("the buffers of " + std::to_string(plan.ranks) + " ranks need " +
                     in_gibibytes(needed) + " of memory, " + in_gibibytes(there) +
                     (limit != 0 ? " are allowed" : " are available") + "; run with fewer bytes");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

CollectiveCall call_of(const Plan& plan, const RunOptions& options) {
  return {.collective = plan.collective,
          .ranks = plan.ranks,
          .root = std::max(plan.root, 0),
          .count = plan.count,
          .dtype = options.dtype,
          .op = options.op};
}

// A run of nothing would say that no element is wrong.
Diagnostic too_few_bytes(Collective collective, int ranks, const RunOptions& options) {
  const bool one_each =
      collective == Collective::AllGather || collective == Collective::ReduceScatter;
  std::string wanted = "one " + std::string(name_of(options.dtype)) + " element";
  if (one_each) wanted += " for each of " + std::to_string(ranks) + " ranks";
  const std::uint64_t least =
      size_of(options.dtype) * static_cast<std::uint64_t>(one_each ? ranks : 1);
  return {.file = "",
          .line = 0,
          .pointer = "",
          .message = "a buffer of " + std::to_string(options.bytes) +
                     (options.bytes == 1 ? " byte" : " bytes") + " holds less than " + wanted,
          .expected = std::to_string(least) + " bytes or more",
          .fix = ""};
}

RunTiming measure(Plan plan, const RunOptions& options, const RunBackend& backend) {
  const std::vector<PlanViolation> broken = violations(plan);
  ENSURE(broken.empty(), "a lowered plan is broken: " + broken.front().message);
  check_memory(plan, backend.copies, options.memory_limit_bytes);
  const CollectiveCall call = call_of(plan, options);
  const std::uint64_t bytes = whole_elements(plan) * plan.element_size;

  const std::unique_ptr<PlanRun> run = backend.start(std::move(plan), options);
  run->fill(call);
  for (int i = 0; i < options.warmup; ++i) (void)run->execute();
  std::vector<double> times;
  for (int i = 0; i < options.iterations; ++i) times.push_back(run->execute());

  RunTiming timing = timing_of(call.collective, call.ranks, bytes, median(std::move(times)));
  if (options.check) {
    // Its own run: in place, the timed ones have overwritten the inputs.
    run->fill(call);
    (void)run->execute();
    timing.wrong = run->count_wrong(call);
  }
  return timing;
}

}  // namespace

Result<RunReport> run_schedule(const Schedule& schedule,
                               const RunOptions& options,
                               const RunBackend& backend) {
  ENSURE(options.iterations >= 1 && options.warmup >= 0, "a run has at least one timed iteration");
  const int ranks = static_cast<int>(schedule.topology.num_ranks());
  const std::size_t size = size_of(options.dtype);
  PlanOptions lowering{.count = count_of(schedule.collective, ranks, options.bytes, size),
                       .element_size = size};
  if (lowering.count == 0 && ranks > 0) return too_few_bytes(schedule.collective, ranks, options);
  RunRow row{.count = lowering.count,
             .dtype = std::string(name_of(options.dtype)),
             .op = reduces(schedule.collective) ? std::string(name_of(options.op)) : "none"};
  try {
    for (const bool in_place : {false, true}) {
      lowering.in_place = in_place;
      Result<Plan> plan = backend.lower(schedule, lowering);
      if (!plan.ok()) return plan.mistakes();
      row.bytes = whole_elements(plan.value()) * size;
      row.root = plan.value().root;
      (in_place ? row.in_place : row.out_of_place) =
          measure(std::move(plan).value(), options, backend);
    }
  } catch (const std::bad_alloc&) {
    throw MachineError("memory ran out for the buffers of " + std::to_string(ranks) +
                       " ranks; run with fewer bytes");
  }
  return RunReport{
      .collective = schedule.collective, .ranks = ranks, .backend = backend.name, .rows = {row}};
}

}  // namespace pleach
