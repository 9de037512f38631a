#include "runtime/host_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <sstream>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/core/machine_error.hpp"
#include "compiler/plan/check_plan.hpp"
#include "compiler/plan/lower_plan.hpp"
#include "compiler/plan/plan.hpp"
#include "runtime/host_executor.hpp"
#include "runtime/host_memory.hpp"
#include "runtime/reference.hpp"

namespace pleach {
namespace {

constexpr int kPoison = 0xa5;  // in outputs before a checked run, so that old results can not pass

// The buffers of all ranks for one plan.
class RunMemory {
 public:
  explicit RunMemory(const Plan& plan) : plan_(plan) {
    for (int rank = 0; rank < plan.ranks; ++rank) {
      const std::size_t in = input_elements(plan, rank) * plan.element_size;
      const std::size_t out = output_elements(plan, rank) * plan.element_size;
      if (plan.in_place) {
        add_in_place(rank, std::max(in, out));
      } else {
        inputs_.emplace_back(in);
        outputs_.emplace_back(out);
        ranks_.push_back({.input = inputs_.back().data(), .output = outputs_.back().data()});
      }
    }
  }

  // What all ranks need, with scratch. A double, because 64 bits need not be enough.
  [[nodiscard]] static double bytes_needed(const Plan& plan) {
    double elements = 0;
    for (int rank = 0; rank < plan.ranks; ++rank) {
      const auto in = static_cast<double>(input_elements(plan, rank));
      const auto out = static_cast<double>(output_elements(plan, rank));
      elements += plan.in_place ? std::max(in, out) : in + out;
      elements += static_cast<double>(plan.scratch[rank]);
    }
    return elements * static_cast<double>(plan.element_size);
  }

  void fill(const CollectiveCall& call) {
    for (const HostBuffer& output : outputs_) {
      if (output.size() > 0) std::memset(output.data(), kPoison, output.size());
    }
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (input_elements(plan_, rank) == 0) continue;
      fill_input(call, rank, const_cast<std::byte*>(ranks_[rank].input));
    }
  }

  [[nodiscard]] std::span<const RankBuffers> ranks() const { return ranks_; }

  [[nodiscard]] std::uint64_t count_wrong_elements(const CollectiveCall& call) const {
    std::vector<const std::byte*> outputs;
    for (const RankBuffers& rank : ranks_) outputs.push_back(rank.output);
    return count_wrong(call, outputs);
  }

 private:
  // One buffer holds both; for the sharded collectives one of the two is the rank's shard in it.
  void add_in_place(int rank, std::size_t bytes) {
    outputs_.emplace_back(bytes);
    std::byte* const whole = outputs_.back().data();
    std::byte* const shard =
        is_sharded(plan_.collective) ? whole + plan_.count * rank * plan_.element_size : whole;
    ranks_.push_back({.input = plan_.collective == Collective::AllGather ? shard : whole,
                      .output = plan_.collective == Collective::ReduceScatter ? shard : whole});
  }

  const Plan& plan_;
  std::vector<HostBuffer> inputs_;  // none in place
  std::vector<HostBuffer> outputs_;
  std::vector<RankBuffers> ranks_;
};

std::string in_gibibytes(double bytes) {
  std::ostringstream text;
  text.precision(3);
  text << bytes / (1 << 30) << " GiB";
  return text.str();
}

void check_memory(const Plan& plan, std::size_t limit) {
  const double needed = RunMemory::bytes_needed(plan);
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

// One execution, in microseconds.
double execute(HostExecutor& executor, const RunMemory& memory) {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<Stall> stall = executor.execute(memory.ranks());
  const auto stop = std::chrono::steady_clock::now();
  ENSURE(!stall, "a checked plan stalled: " + to_string(*stall));
  return std::chrono::duration<double, std::micro>(stop - start).count();
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

RunTiming measure(Plan plan, const RunOptions& options) {
  const std::vector<PlanViolation> broken = violations(plan);
  ENSURE(broken.empty(), "a lowered plan is broken: " + broken.front().message);
  check_memory(plan, options.memory_limit_bytes);
  const CollectiveCall call = call_of(plan, options);
  const std::uint64_t bytes = whole_elements(plan) * plan.element_size;

  HostExecutor executor(std::move(plan), options.dtype, options.op);
  RunMemory memory(executor.plan());
  memory.fill(call);
  for (int i = 0; i < options.warmup; ++i) execute(executor, memory);
  std::vector<double> times;
  for (int i = 0; i < options.iterations; ++i) times.push_back(execute(executor, memory));

  RunTiming timing = timing_of(call.collective, call.ranks, bytes, median(std::move(times)));
  if (options.check) {
    // Its own run: in place, the timed ones have overwritten the inputs.
    memory.fill(call);
    execute(executor, memory);
    timing.wrong = memory.count_wrong_elements(call);
  }
  return timing;
}

}  // namespace

Result<RunReport> run_on_host(const Schedule& schedule, const RunOptions& options) {
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
      Result<Plan> plan = lower_plan(schedule, lowering);
      if (!plan.ok()) return plan.mistakes();
      row.bytes = whole_elements(plan.value()) * size;
      row.root = plan.value().root;
      (in_place ? row.in_place : row.out_of_place) = measure(std::move(plan).value(), options);
    }
  } catch (const std::bad_alloc&) {
    throw MachineError("memory ran out for the buffers of " + std::to_string(ranks) +
                       " ranks; run with fewer bytes");
  }
  return RunReport{
      .collective = schedule.collective, .ranks = ranks, .backend = "host", .rows = {row}};
}

}  // namespace pleach
