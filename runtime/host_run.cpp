#include "runtime/host_run.hpp"

#include <chrono>
#include <utility>

#include "compiler/core/check.hpp"
#include "runtime/host_executor.hpp"
#include "runtime/run_memory.hpp"

namespace pleach {
namespace {

class HostRun final : public PlanRun {
 public:
  HostRun(Plan plan, const RunOptions& options)
      : executor_(std::move(plan), options.dtype, options.op), memory_(executor_.plan()) {}

  void fill(const CollectiveCall& call) override { memory_.fill(call); }

  double execute() override {
    const auto start = std::chrono::steady_clock::now();
    const std::optional<Stall> stall = executor_.execute(memory_.ranks());
    const auto stop = std::chrono::steady_clock::now();
    ENSURE(!stall, "a checked plan stalled: " + to_string(*stall));
    return std::chrono::duration<double, std::micro>(stop - start).count();
  }

  std::uint64_t count_wrong(const CollectiveCall& call) override {
    return memory_.count_wrong_elements(call);
  }

 private:
  HostExecutor executor_;
  const RunMemory memory_;
};

}  // namespace

Result<RunReport> run_on_host(const Schedule& schedule, const RunOptions& options) {
  return run_schedule(
      schedule, options,
      {.name = "host", .lower = lower_plan, .start = [](Plan plan, const RunOptions& wanted) {
         return std::make_unique<HostRun>(std::move(plan), wanted);
       }});
}

}  // namespace pleach
