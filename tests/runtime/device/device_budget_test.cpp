#include "runtime/device/device_budget.hpp"

#include <doctest/doctest.h>

#include "compiler/plan/lower_plan.hpp"
#include "runtime/device/program_tables.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

TEST_CASE("as many channels as there are blocks, but no crumbs, and never none") {
  const auto lowered =
      lower_plan(testing::uniform_schedule(Collective::AllReduce, 4, testing::star),
                 {.count = 1 << 20, .element_size = 4});
  REQUIRE(lowered.ok());
  const Plan& plan = lowered.value();
  const std::uint32_t blocks = most_blocks_of_a_rank(plan);
  REQUIRE(blocks > 0);
  CHECK(channels_within({.blocks = 5 * blocks, .most_channels = 100}, plan) == 5);
  CHECK(channels_within({.blocks = 6 * blocks - 1, .most_channels = 100}, plan) == 5);
  CHECK(channels_within({.blocks = 5 * blocks, .most_channels = 3}, plan) == 3);
  CHECK(channels_within({.blocks = 1, .most_channels = 0}, plan) == 1);
  // A root's MiB has 64 slices of 16 KiB.
  CHECK(channels_within({.blocks = 1000 * blocks, .most_channels = 1000}, plan) == 64);
}

TEST_CASE("a plan of nothing has one channel") {
  CHECK(channels_within({.blocks = 100, .most_channels = 100}, Plan{}) == 1);
}

}  // namespace
}  // namespace pleach
