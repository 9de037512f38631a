#include <chrono>
#include <numeric>
#include <thread>

#include "tests/gpu/buffers.hpp"
#include "tests/gpu/plans.hpp"
#include "tests/gpu/section.hpp"
#include "tests/gpu/steps.hpp"

namespace pleach::gpu_check {
namespace {

struct Fault {
  Shape shape = Shape::Star;
  bool small = false;
  Launches launches = Launches::Together;
  bool aborts = false;
  int missing = 1;
};

std::string describe(const Fault& fault) {
  return std::string(fault.small ? "small" : name_of(fault.shape)) +
         (fault.launches == Launches::Together ? ", one kernel" : ", a kernel per rank") +
         (fault.aborts ? ", called off" : ", timed out") + ", without rank " +
         std::to_string(fault.missing);
}

Plan plan_of(const Setup& setup, Shape shape) {
  return make_plan({.ranks = 4,
                    .count = setup.scale == Scale::Tiny ? 1001U : 10007U,
                    .shape = shape,
                    .chunk_bytes = 1024,
                    .budget = {.blocks = setup.device->resident_blocks() / 4, .most_channels = 2}});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The words must lead to the rank that is missing. Where every rank waits for every other one
// itself, they name it; elsewhere the first to give up may wait for a rank that waits.
std::optional<std::string> check_words(const Fault& fault, const std::optional<Stall>& stall) {
  if (fault.aborts) {
    if (!stall) return "called off, and nothing was told";
    if (stall->called_off) return std::nullopt;
    return "called off, but a wait ran out of time: " + to_string(*stall);
  }
  if (!stall) return "no failure was told";
  const std::string text = to_string(*stall);
  const std::string quoted = "\"" + text + "\"";
  if (!has(text, "rank " + std::to_string(stall->rank))) return quoted + " names no rank";
  if (!has(text, fault.small ? "small message" : "_trees/")) return quoted + " names no tree";
  if (!has(text, "chunk " + std::to_string(stall->chunk))) return quoted + " names no chunk";
  const bool direct = fault.small || fault.shape == Shape::Star;
  if ((direct || !stall->entered) && stall->peer != fault.missing) {
    return quoted + " waits for a rank that is there";
  }
  if (stall->rank == fault.missing) return quoted + " is of the rank that was not launched";
  return std::nullopt;
}

std::optional<std::string> fail_once(const Setup& setup, const Fault& fault) {
  const Plan plan = plan_of(setup, fault.shape);
  const auto timeout =
      fault.aborts ? std::chrono::milliseconds(60'000) : std::chrono::milliseconds(200);
  DeviceExecutor executor(setup.device, plan, DataType::Float32, ReduceOp::Sum,
                          {.timeout = timeout, .small_in_one_step = fault.small});
  Buffers buffers(setup, plan, DataType::Float32, ReduceOp::Sum, false);
  buffers.fill_exact();
  std::vector<int> present(plan.ranks);
  std::iota(present.begin(), present.end(), 0);
  std::erase(present, fault.missing);
  {
    std::jthread other;
    if (fault.aborts) {
      other = std::jthread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        executor.abort();
      });
    }
    execute(setup, executor, present, buffers.on_device(), fault.launches);
  }
  return check_words(fault, executor.failure());
}

// A fresh executor, since one that has failed executes nothing more.
std::optional<std::string> works_after(const Setup& setup, Shape shape) {
  const Plan plan = plan_of(setup, shape);
  DeviceExecutor executor(setup.device, plan, DataType::Float32, ReduceOp::Sum,
                          {.timeout = std::chrono::seconds(5)});
  Buffers buffers(setup, plan, DataType::Float32, ReduceOp::Sum, false);
  buffers.fill_exact();
  execute(setup, executor, buffers.on_device(), Launches::Together);
  if (const auto stall = executor.failure()) return to_string(*stall);
  return buffers.check_exact();
}

}  // namespace

bool run_faults(const Setup& setup) {
  bool all = true;
  Section told("a rank that is not launched", all);
  Section after("the device afterwards", all);
  for (const Launches launches : {Launches::Together, Launches::Apart}) {
    for (const bool aborts : {false, true}) {
      for (const Shape shape : kShapes) {
        for (const bool small : {false, true}) {
          if (small && shape != Shape::Star) continue;
          const Fault fault{.shape = shape,
                            .small = small,
                            .launches = launches,
                            .aborts = aborts,
                            .missing = shape == Shape::Chain ? 3 : 1};
          if (!told.wants_more()) continue;
          told.count(describe(fault), fail_once(setup, fault));
          after.count(describe(fault), works_after(setup, shape));
        }
      }
    }
  }
  told.end();
  after.end();
  return all;
}

}  // namespace pleach::gpu_check
