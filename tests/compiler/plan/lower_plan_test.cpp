#include "compiler/plan/lower_plan.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::binary;
using testing::chain;
using testing::make_schedule;
using testing::random_placement;
using testing::random_schedule;
using testing::SampleTree;
using testing::star;
using testing::uniform_schedule;

Plan lowered(const Schedule& schedule, const PlanOptions& options) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  const auto broken = violations(plan.value());
  CHECK_MESSAGE(broken.empty(), (broken.empty() ? "" : broken.front().message));
  return plan.value();
}

std::vector<std::uint64_t> slice_ends(const Plan& plan) {
  std::vector<std::uint64_t> ends;
  for (const Slice& slice : plan.slices) ends.push_back(slice.begin + slice.count);
  return ends;
}

TEST_CASE("count_of rounds down as nccl-tests does") {
  CHECK(count_of(Collective::AllReduce, 3, 103, 4) == 25);
  CHECK(count_of(Collective::Broadcast, 3, 7, 8) == 0);
  CHECK(count_of(Collective::AllGather, 3, 103, 4) == 8);
  CHECK(count_of(Collective::ReduceScatter, 4, 64 << 20, 8) == 2 << 20);
}

TEST_CASE("an allgather's star: the root's op copies to itself and to every child at once") {
  const Schedule schedule = uniform_schedule(Collective::AllGather, 4, star);
  const Plan plan = lowered(schedule, {.count = 5});
  REQUIRE(plan.ops.size() == 4);
  const NodeOp& op = plan.ops[2];
  CHECK(op.rank == 2);
  CHECK(op.waits.empty());
  REQUIRE(op.sources.size() == 1);
  CHECK(op.sources[0].buffer == Buffer::Input);
  CHECK(op.sources[0].offset == 0);
  REQUIRE(op.destinations.size() == 4);
  for (const Location& destination : op.destinations) {
    CHECK(destination.buffer == Buffer::Output);
    CHECK(destination.offset == 10);
  }
  SUBCASE("in place the ops are the same, and the copy onto itself is no race") {
    CHECK(lowered(schedule, {.count = 5, .in_place = true}).ops[2].destinations.size() == 4);
  }
}

TEST_CASE("an allreduce's chain: sums go up, the fused turn at the root, copies go down") {
  //  0 - 1 - 2, root 0
  const std::vector trees = {chain(3, 0, 1)};
  const Plan plan = lowered(make_schedule(Collective::AllReduce, 3, trees, trees), {.count = 10});
  REQUIRE(plan.ops.size() == 3);
  const NodeOp& inner = plan.ops[0];
  CHECK(inner.rank == 1);
  CHECK(inner.phase == Phase::Up);
  CHECK_FALSE(inner.finishes);
  REQUIRE(inner.sources.size() == 2);
  CHECK(inner.sources[0].rank == 1);  // own input first
  CHECK(inner.sources[1].rank == 2);
  CHECK(inner.sources[1].buffer == Buffer::Input);  // a leaf needs no op
  CHECK(inner.destinations[0].buffer == Buffer::Output);
  const NodeOp& turn = plan.ops[1];
  CHECK(turn.rank == 0);
  CHECK(turn.finishes);
  CHECK(turn.depth == 1);
  REQUIRE(turn.waits.size() == 1);
  CHECK(turn.waits[0].op == 0);
  CHECK(turn.destinations.size() == 2);
  const NodeOp& copy = plan.ops[2];
  CHECK(copy.rank == 1);
  CHECK(copy.phase == Phase::Down);
  CHECK(copy.waits[0].op == 1);
  CHECK(plan.scratch == std::vector<std::uint64_t>{0, 0, 0});
}

TEST_CASE("an allreduce cuts each root's range at the cuts of both lists") {
  const std::vector up = {star(2, 0, Rational(1, 2)), star(2, 1, Rational(1, 2))};
  const std::vector down = {star(2, 0, Rational(1, 8)), star(2, 1, Rational(1, 2)),
                            star(2, 0, Rational(3, 8))};
  const Plan plan = lowered(make_schedule(Collective::AllReduce, 2, up, down), {.count = 16});
  CHECK(slice_ends(plan) == std::vector<std::uint64_t>{2, 8, 16});
  CHECK(plan.slices[0].reduce_tree == 0);
  CHECK(plan.slices[1].reduce_tree == 0);
  CHECK(plan.slices[2].reduce_tree == 1);
  CHECK(plan.slices[0].broadcast_tree == 0);
  CHECK(plan.slices[1].broadcast_tree == 2);
  CHECK(plan.slices[2].broadcast_tree == 1);
}

TEST_CASE("every channel gets an equal part of every tree, and blocks of its own") {
  const Schedule schedule = uniform_schedule(Collective::AllGather, 2, star);
  const Plan plan = lowered(schedule, {.count = 7, .channels = 3});
  CHECK(slice_ends(plan) == std::vector<std::uint64_t>{3, 5, 7, 10, 12, 14});
  CHECK(plan.blocks.size() == 6);
  CHECK(std::all_of(plan.blocks.begin(), plan.blocks.end(),
                    [](const BlockProgram& block) { return block.ops.size() == 1; }));
}

TEST_CASE("more than 8 sources or destinations take several ops") {
  const std::vector trees = {star(20, 3, 1)};
  const Plan up = lowered(make_schedule(Collective::Reduce, 20, trees, {}), {.count = 4});
  REQUIRE(up.ops.size() == 3);  // 7 + 7 + 5 children
  CHECK(up.ops[0].sources.size() == 8);
  CHECK(up.ops[1].sources.size() == 8);
  CHECK(up.ops[2].sources.size() == 6);
  CHECK(up.ops[2].finishes);
  CHECK_FALSE(up.ops[1].finishes);
  CHECK(up.ops[2].depth == 2);

  const Plan down = lowered(make_schedule(Collective::Broadcast, 20, {}, trees), {.count = 4});
  REQUIRE(down.ops.size() == 3);  // itself and 19 children
  CHECK(down.ops[2].destinations.size() == 4);

  const Plan both = lowered(make_schedule(Collective::AllReduce, 20, trees, trees), {.count = 4});
  REQUIRE(both.ops.size() == 5);  // the turn has 7 children of 19, the rest takes 8 and 4
  CHECK(both.ops[2].destinations.size() == 8);
  CHECK(both.ops[3].phase == Phase::Down);
  CHECK(both.ops[3].waits[0].op == 2);
}

TEST_CASE("reduce_scatter keeps partial sums in a ring of few chunks") {
  const Schedule schedule = uniform_schedule(Collective::ReduceScatter, 3, chain);
  const Plan plan = lowered(schedule, {.count = 1000, .element_size = 4, .chunk_bytes = 40});
  CHECK(plan.scratch == std::vector<std::uint64_t>{40, 40, 40});  // one inner node each
  const auto inner =
      std::find_if(plan.ops.begin(), plan.ops.end(), [](const NodeOp& op) { return !op.finishes; });
  REQUIRE(inner != plan.ops.end());
  CHECK(inner->destinations[0].ring_slots == kRingSlots);
  REQUIRE(inner->waits.size() == 1);
  CHECK(inner->waits[0].lag == kRingSlots);
  SUBCASE("a short slice takes no more than itself") {
    const Plan small = lowered(schedule, {.count = 6, .element_size = 4, .chunk_bytes = 40});
    CHECK(small.scratch == std::vector<std::uint64_t>{6, 6, 6});
  }
}

TEST_CASE("an empty buffer takes no op") {
  for (const Collective collective : kCollectives) {
    const Plan plan = lowered(uniform_schedule(collective, 3, chain), {.count = 0});
    CHECK(plan.slices.empty());
    CHECK(plan.ops.empty());
    CHECK(plan.blocks.empty());
  }
}

TEST_CASE("a schedule that can not be lowered says why") {
  Schedule schedule = uniform_schedule(Collective::AllGather, 3, chain);
  schedule.broadcast_trees[1].routes.pop_back();
  const auto plan = lower_plan(schedule, {.count = 8});
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.mistakes()[0].pointer == "/broadcast_trees/1");
}

TEST_CASE("plans of random schedules have no violations") {
  std::mt19937_64 random(3);
  constexpr std::array counts = {0, 1, 7, 63, 1000};
  int ops = 0;
  for (const Collective collective : kCollectives) {
    for (int round = 0; round < 150; ++round) {
      const int ranks = 2 + static_cast<int>(random() % 14);
      const Placement placement = random_placement(ranks, random);
      const Plan plan = lowered(random_schedule(collective, ranks, random),
                                {.count = static_cast<std::uint64_t>(counts[random() % 5]),
                                 .element_size = random() % 2 == 0 ? 4U : 8U,
                                 .in_place = random() % 2 == 0,
                                 .channels = 1 + static_cast<int>(random() % 3),
                                 .chunk_bytes = 1 + random() % 200,
                                 .placement = round % 3 == 0 ? Placement{} : placement});
      ops += static_cast<int>(plan.ops.size());
    }
  }
  CHECK(ops > 10000);
}

// Ranks 0 and 1 in one process, 2 in another of the same host, 3 on another host.
const Placement kMixed = {.process = {0, 0, 1, 2}, .host = {0, 0, 0, 1}};

TEST_CASE("between processes data is staged or read from scratch, between hosts it is sent") {
  SUBCASE("an allgather's star") {
    const Plan plan = lowered(make_schedule(Collective::Broadcast, 4, {}, {star(4, 0, 1)}),
                              {.count = 8, .placement = kMixed});
    REQUIRE(plan.ops.size() == 5);
    CHECK(plan.ops[0].kind == NodeOp::Kind::Compute);  // to itself and rank 1
    CHECK(plan.ops[0].destinations.size() == 2);
    const NodeOp& stage = plan.ops[1];
    CHECK(stage.kind == NodeOp::Kind::Stage);
    CHECK(stage.rank == 0);
    CHECK(stage.sources[0].buffer == Buffer::Input);
    CHECK(stage.destinations[0].rank == 0);
    CHECK(stage.destinations[0].ring_slots == kRingSlots);
    const NodeOp& send = plan.ops[2];
    CHECK(send.kind == NodeOp::Kind::Send);
    CHECK(send.rank == 0);
    CHECK(send.destinations[0].rank == 3);
    CHECK(send.destinations[0].ring_slots == kSendSlots);
    const NodeOp& near = plan.ops[3];  // rank 2 takes its copy, and gives the slot back
    CHECK(near.rank == 2);
    CHECK(near.waits[0].op == 1);
    CHECK(near.depth == 1);
    CHECK(stage.waits[0].op == 3);
    CHECK(stage.waits[0].lag == kRingSlots);
    const NodeOp& far = plan.ops[4];
    CHECK(far.rank == 3);
    CHECK(far.sources[0].rank == 3);
    CHECK(far.sources[0].buffer == Buffer::Scratch);
    CHECK(send.waits[0].op == 4);
    CHECK(send.waits[0].lag == kSendSlots);
    CHECK(plan.blocks.size() == 4);  // the send has its own
    const Plan unstaged = without_staging(plan);
    CHECK(unstaged.ops[3].sources[0].rank == 0);
    CHECK(unstaged.ops[3].sources[0].buffer == Buffer::Input);
  }
  SUBCASE("a reduction's chain keeps partial results where the next rank reads them") {
    //  3 - 2 - 1 - 0
    const Plan plan = lowered(make_schedule(Collective::Reduce, 4, {chain(4, 0, 1)}, {}),
                              {.count = 8, .placement = kMixed});
    REQUIRE(plan.ops.size() == 4);
    CHECK(plan.ops[0].kind == NodeOp::Kind::Send);  // rank 3's input
    CHECK(plan.ops[0].sources[0].buffer == Buffer::Input);
    CHECK(plan.ops[1].rank == 2);
    CHECK(plan.ops[1].destinations[0].buffer == Buffer::Scratch);
    CHECK(plan.ops[2].rank == 1);
    CHECK(plan.ops[2].sources[1].rank == 2);  // read from its scratch: no copy between
    CHECK(plan.ops[3].finishes);
  }
}

TEST_CASE("every slice has as many chunks, so that trees advance together") {
  const std::vector trees = {star(3, 0, Rational(3, 4)), star(3, 0, Rational(3, 16)),
                             star(3, 0, Rational(1, 16))};
  const Plan plan = lowered(make_schedule(Collective::Broadcast, 3, {}, trees),
                            {.count = 1600, .element_size = 4, .chunk_bytes = 160});
  REQUIRE(plan.slices.size() == 3);
  CHECK(plan.slices[0].chunk == 40);
  CHECK(plan.slices[1].chunk == 10);
  CHECK(plan.slices[2].chunk == 5);  // an eighth, not less
  CHECK(num_chunks(plan.slices[0]) == 30);
  CHECK(num_chunks(plan.slices[1]) == 30);
}

TEST_CASE("same schedule, same plan") {
  std::mt19937_64 random(4);
  const Schedule schedule = random_schedule(Collective::AllReduce, 9, random);
  const PlanOptions options{.count = 12345, .channels = 2};
  const Plan one = lowered(schedule, options);
  const Plan two = lowered(schedule, options);
  REQUIRE(one.ops.size() == two.ops.size());
  for (std::size_t i = 0; i < one.ops.size(); ++i) {
    CHECK(one.ops[i].rank == two.ops[i].rank);
    CHECK(one.ops[i].depth == two.ops[i].depth);
  }
  REQUIRE(one.blocks.size() == two.blocks.size());
  for (std::size_t i = 0; i < one.blocks.size(); ++i) CHECK(one.blocks[i].ops == two.blocks[i].ops);
}

}  // namespace
}  // namespace pleach
