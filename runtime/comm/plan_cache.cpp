#include "runtime/comm/plan_cache.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/plan/check_plan.hpp"
#include "runtime/comm/comm_error.hpp"
#include "runtime/comm/network_port.hpp"

namespace pleach {
namespace {

constexpr std::size_t kMostPlans = 256;

// What this rank runs alone is checked for all: every rank lowers the same.
void check(Plan& plan) {
  for (const bool in_place : {true, false}) {
    plan.in_place = in_place;
    const std::vector<PlanViolation> broken = violations(plan);
    ENSURE(broken.empty(), "a lowered plan is broken: " + broken.front().message);
  }
}

}  // namespace

PlanCache::Key PlanCache::key_of(const CallShape& shape) {
  return {shape.collective, shape.count, size_of(shape.dtype), shape.root};
}

PreparedPlan* PlanCache::find(const CallShape& shape) {
  const auto at = plans_.find(key_of(shape));
  return at == plans_.end() ? nullptr : &at->second;
}

const PreparedPlan* PlanCache::find(std::uint64_t number) const {
  for (const auto& [key, prepared] : plans_) {
    if (prepared.number == number) return &prepared;
  }
  return nullptr;
}

PreparedPlan* PlanCache::make(const CallShape& shape,
                              const Schedule& schedule,
                              const Placement& placement,
                              std::span<const std::vector<std::string>> rails,
                              const HopCost& hop,
                              const DeviceBudget* device) {
  if (plans_.size() == kMostPlans) return nullptr;
  const PlanOptions options{.count = shape.count,
                            .element_size = size_of(shape.dtype),
                            .hop = hop,
                            .placement = placement};
  auto lowered = device != nullptr ? lower_for_device(schedule, options, *device)
                                   : lower_plan(schedule, options);
  if (!lowered.ok()) {
    throw CommError(CommError::Kind::InvalidArgument,
                    "the schedule can not be executed: " + to_string(lowered.mistakes().front()));
  }
  PreparedPlan prepared{.number = ++made_, .plan = std::move(lowered).value(), .counters = used_};
  std::vector<std::uint64_t> used(used_.size(), spare_);
  for (const NodeOp& op : prepared.plan.ops) ++used[op.rank];
  if (*std::max_element(used.begin(), used.end()) > kCountersOfRank) {
    throw CommError(CommError::Kind::InvalidUsage,
                    "the schedule has more than " + std::to_string(kCountersOfRank) +
                        " ops for one rank; compile it with fewer trees (--tolerance)");
  }
  for (std::size_t rank = 0; rank < used.size(); ++rank) {
    if (used[rank] > kCountersOfRank - used_[rank]) return nullptr;
  }
  check(prepared.plan);
  if (!rails.empty() && prepared.plan.ops.size() > kMostNetworkOps) {
    throw CommError(CommError::Kind::InvalidUsage,
                    "the schedule makes " + std::to_string(prepared.plan.ops.size()) +
                        " ops; over a network " + std::to_string(kMostNetworkOps) +
                        " are the most: compile it with fewer trees (--tolerance)");
  }
  prepared.network = network_use(schedule, prepared.plan, rank_, rails);
  for (std::size_t rank = 0; rank < used.size(); ++rank) used_[rank] += used[rank];
  return &plans_.emplace(key_of(shape), std::move(prepared)).first->second;
}

void PlanCache::forget_all() {
  plans_.clear();
  std::fill(used_.begin(), used_.end(), 0);
}

void PlanCache::move_scratch(std::span<std::byte* const> scratch) {
  for (auto& [key, prepared] : plans_) {
    if (prepared.executor != nullptr) prepared.executor->move_scratch(scratch);
  }
}

}  // namespace pleach
