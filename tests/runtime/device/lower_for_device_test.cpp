#include "runtime/device/lower_for_device.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "runtime/device/program_tables.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

Plan made(const Schedule& schedule, const PlanOptions& options, const DeviceBudget& budget) {
  const auto plan = lower_for_device(schedule, options, budget);
  REQUIRE(plan.ok());
  CHECK(violations(plan.value()).empty());
  return plan.value();
}
Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  return plan.value();
}

// How a plan cuts the data; of one schedule, plans that cut alike are alike.
auto cuts_of(const Plan& plan) {
  std::vector<std::tuple<int, std::uint64_t, std::uint64_t, std::uint64_t>> cuts;
  for (const Slice& slice : plan.slices) {
    cuts.emplace_back(slice.channel, slice.begin, slice.count, slice.chunk);
  }
  return std::tuple(cuts, plan.channels, plan.ops.size(), plan.blocks.size(), plan.scratch);
}

TEST_CASE("as many channels as the budget has blocks for") {
  for (const Collective collective : kCollectives) {
    const Schedule schedule = testing::uniform_schedule(collective, 4, testing::binary);
    const PlanOptions options{.count = 1 << 22, .element_size = 4};
    PlanOptions device = options;
    device.hop = kDeviceHop;
    const std::uint32_t one = most_blocks_of_a_rank(lowered(schedule, device));
    for (const std::uint32_t blocks : {1U, one, 3 * one - 1, 3 * one, 16 * one}) {
      CAPTURE(blocks);
      const Plan plan = made(schedule, options, {.blocks = blocks, .most_channels = 100});
      CHECK(plan.channels == static_cast<int>(std::max(1U, blocks / one)));
      CHECK(most_blocks_of_a_rank(plan) <= std::max(one, blocks));
      // What lower_plan makes when it is told so many, with a device's chunks.
      device.channels = plan.channels;
      CHECK(cuts_of(plan) == cuts_of(lowered(schedule, device)));
    }
    CHECK(made(schedule, options, {.blocks = 100 * one, .most_channels = 2}).channels == 2);
  }
}

TEST_CASE("what the caller says of channels does not count, of hops where there is a network") {
  const Schedule schedule = testing::uniform_schedule(Collective::AllReduce, 4, testing::chain);
  const DeviceBudget budget{.blocks = 1, .most_channels = 1};
  PlanOptions options{.count = 1 << 20, .element_size = 4, .channels = 7};
  options.hop = {
      .seconds = 1, .bytes_per_second = 1e9, .least_bytes = 1 << 20, .most_bytes = 1 << 22};
  PlanOptions expected = options;
  expected.channels = 1;
  expected.hop = kDeviceHop;
  CHECK(cuts_of(made(schedule, options, budget)) == cuts_of(lowered(schedule, expected)));
  options.placement = {.process = {0, 0, 1, 1}, .host = {0, 0, 1, 1}};
  expected = options;
  expected.channels = 1;
  const Plan plan = made(schedule, options, budget);
  CHECK(cuts_of(plan) == cuts_of(lowered(schedule, expected)));
  expected.hop = kDeviceHop;
  CHECK(cuts_of(plan) != cuts_of(lowered(schedule, expected)));
}

TEST_CASE("nothing to move") {
  const Plan plan = made(testing::uniform_schedule(Collective::AllReduce, 3, testing::star),
                         {.count = 0}, {.blocks = 64, .most_channels = 8});
  CHECK(plan.channels == 1);
  CHECK(plan.ops.empty());
}

TEST_CASE("trees that do not carry the collective are refused as lower_plan refuses them") {
  Schedule schedule = testing::uniform_schedule(Collective::AllGather, 3, testing::star);
  schedule.broadcast_trees.pop_back();
  const auto refused = lower_for_device(schedule, {.count = 10}, {.blocks = 64});
  const auto by_lower_plan = lower_plan(schedule, {.count = 10});
  REQUIRE_FALSE(refused.ok());
  REQUIRE_FALSE(by_lower_plan.ok());
  REQUIRE_FALSE(refused.mistakes().empty());
  CHECK(refused.mistakes()[0].message == by_lower_plan.mistakes()[0].message);
}

}  // namespace
}  // namespace pleach
