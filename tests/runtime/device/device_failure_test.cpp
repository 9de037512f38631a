#include "runtime/device/device_failure.hpp"

#include <string>

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "runtime/device/network_layout.hpp"

namespace pleach {
namespace {

using Cause = device::Failure::Wait;

// Ranks 0 and 1 on one host, 2 on another; a slice of 10 elements in chunks of 4, so of 3 chunks.
//
//   op 0  rank 1, up    no waits
//   op 1  rank 0, up    waits for op 0, and for op 2 with a lag of 2
//   op 2  rank 0, down  sends to rank 2; waits for op 1
Plan small_plan() {
  Plan plan;
  plan.collective = Collective::AllReduce;
  plan.ranks = 3;
  plan.count = 10;
  plan.element_size = 4;
  plan.placement = {.process = {0, 0, 1}, .host = {0, 0, 1}};
  plan.slices = {
      {.reduce_tree = 3, .broadcast_tree = 5, .channel = 1, .begin = 0, .count = 10, .chunk = 4}};
  plan.ops.resize(3);
  plan.ops[0].rank = 1;
  plan.ops[1].depth = 1;
  plan.ops[1].waits.push_back({.op = 0});
  plan.ops[1].waits.push_back({.op = 2, .lag = 2});
  plan.ops[2].phase = Phase::Down;
  plan.ops[2].kind = NodeOp::Kind::Send;
  plan.ops[2].destinations.push_back({.rank = 2, .buffer = Buffer::Scratch});
  plan.ops[2].waits.push_back({.op = 1});
  return plan;
}

TEST_CASE("a record is there when its flag says so") {
  device::Control control = {};
  control.failure.plan = 4;
  CHECK_FALSE(failure_in(control));
  control.failure.there = 1;
  const auto failure = failure_in(control);
  REQUIRE(failure);
  CHECK(failure->plan == 4);
}

TEST_CASE("a rank that has not entered") {
  const Plan plan = small_plan();
  const Stall stall =
      stall_of(&plan, {.wait = Cause::Entry, .rank = 0, .peer = 1, .op = 1, .expected = 8});
  CHECK(to_string(stall) ==
        "rank 0 waits for rank 1 (/reduce_trees/3, channel 1, chunk 0), which has not entered this "
        "call");
  CHECK(stall.depth == 1);
  CHECK_FALSE(stall.at_the_end);
}

TEST_CASE("an op that another waits for: chunks of this execution") {
  const Plan plan = small_plan();
  // Execution 0, and execution 1000; what is seen may be of the one before.
  for (const std::uint64_t before : {0U, 3000U}) {
    CAPTURE(before);
    device::Failure failure{.wait = Cause::Op,
                            .rank = 0,
                            .op = 1,
                            .awaited = 0,
                            .chunk = 2,
                            .expected = before + 3,
                            .seen = before + 1};
    CHECK(to_string(stall_of(&plan, failure)) ==
          "rank 0 waits for rank 1 (/reduce_trees/3, channel 1, chunk 2): expected counter 3, seen "
          "1");
    failure.seen = before > 0 ? before - 2 : 0;
    CHECK(stall_of(&plan, failure).seen == 0);
    CHECK(stall_of(&plan, failure).expected == 3);
    // With a lag.
    failure.awaited = 1;
    failure.expected = before + 1;
    failure.seen = before;
    const Stall lagging = stall_of(&plan, failure);
    CHECK(lagging.peer == 0);
    CHECK(lagging.expected == 1);
    CHECK(lagging.seen == 0);
  }
}

TEST_CASE("a send op that waits for its own slot is said to wait for the receiver") {
  Plan plan = small_plan();
  plan.slices[0].count = 27;  // 7 chunks
  // Chunk 5 takes the slot of chunk 1; 1 chunk has left in this execution.
  for (const std::uint64_t before : {0U, 700U}) {
    CAPTURE(before);
    const Stall stall = stall_of(&plan, {.wait = Cause::Op,
                                         .rank = 0,
                                         .op = 2,
                                         .awaited = 1,
                                         .chunk = 5,
                                         .expected = before + 6 - kStagingSlots,
                                         .seen = before + 1});
    CHECK(to_string(stall) ==
          "rank 0 waits for rank 2 (/broadcast_trees/5, channel 1, chunk 5): expected counter 2, "
          "seen 1");
    CHECK(stall.phase == Phase::Down);
  }
}

TEST_CASE("the end of an execution") {
  const Plan plan = small_plan();
  for (const std::uint64_t before : {0U, 30U}) {
    CAPTURE(before);
    const Stall stall = stall_of(
        &plan,
        {.wait = Cause::End, .rank = 0, .op = 0, .expected = before + 3, .seen = before + 2});
    CHECK(stall.at_the_end);
    CHECK(to_string(stall) ==
          "rank 0 waits for rank 1 (/reduce_trees/3, channel 1, chunk 2): expected counter 3, seen "
          "2");
  }
  // Its own send has not left.
  CHECK(stall_of(&plan, {.wait = Cause::End, .rank = 0, .op = 2, .expected = 3}).peer == 2);
}

TEST_CASE("a small message has no plan") {
  const Stall stall = stall_of(
      nullptr, {.wait = Cause::OneShot, .rank = 3, .chunk = 17, .expected = 900, .seen = 6});
  CHECK(to_string(stall) ==
        "rank 3 waits for rank 6 (a small message, channel 0, chunk 17): expected counter 1, seen "
        "0");
}

TEST_CASE("a failure of an op that the plan has not is a bug") {
  const Plan plan = small_plan();
  CHECK_THROWS_AS((void)stall_of(nullptr, {.wait = Cause::Entry}), InternalError);
  CHECK_THROWS_AS((void)stall_of(&plan, {.wait = Cause::Op, .op = 3}), InternalError);
}

}  // namespace
}  // namespace pleach
