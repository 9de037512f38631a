#include "compiler/plan/check_plan.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "compiler/plan/lower_plan.hpp"
#include "tests/support/sample_schedules.hpp"

// Every rule has a plan that breaks it, made from a sound one by one change.
namespace pleach {
namespace {

using testing::chain;
using testing::make_schedule;
using testing::star;
using testing::uniform_schedule;

Plan sound(const Schedule& schedule, PlanOptions options = {.count = 100, .chunk_bytes = 16}) {
  const auto plan = lower_plan(schedule, options);
  REQUIRE(plan.ok());
  REQUIRE(violations(plan.value()).empty());
  return plan.value();
}

// The rule that is broken; all violations must be of one rule.
std::string broken_rule(const Plan& plan) {
  const auto found = violations(plan);
  REQUIRE_FALSE(found.empty());
  for (const PlanViolation& violation : found) {
    CHECK(violation.rule == found.front().rule);
    CHECK_FALSE(violation.message.empty());
  }
  return found.front().rule;
}

// Drops element `position` of a bounded list.
template <class List>
void drop(List& list, std::size_t position) {
  List kept;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != position) kept.push_back(list[i]);
  }
  list = kept;
}

Plan allgather_chain() { return sound(uniform_schedule(Collective::AllGather, 3, chain)); }
Plan scatter_chain() { return sound(uniform_schedule(Collective::ReduceScatter, 3, chain)); }

// Ops 0 (rank 1, up), 1 (rank 0, the turn), 2 (rank 1, down).
Plan allreduce_chain(bool in_place = false) {
  const std::vector trees = {chain(3, 0, 1)};
  return sound(make_schedule(Collective::AllReduce, 3, trees, trees),
               {.count = 100, .in_place = in_place, .chunk_bytes = 16});
}

TEST_CASE("form: everything that is named exists") {
  Plan plan = allgather_chain();
  SUBCASE("a range past the end of a buffer") { plan.ops[0].destinations[0].offset += 201; }
  SUBCASE("a range that wraps around") {
    plan.ops[0].destinations[0].offset = static_cast<std::uint64_t>(-8);
  }
  SUBCASE("a rank") { plan.ops[0].sources[0].rank = 3; }
  SUBCASE("a slice") { plan.ops[0].slice = 77; }
  SUBCASE("a wait in another slice") { plan.ops[0].waits.push_back({.op = 5}); }
  SUBCASE("a wait for nothing") { plan.ops[1].waits[0].op = -1; }
  SUBCASE("an op without a source") { plan.ops[0].sources = {}; }
  SUBCASE("an op without a destination") { plan.ops[0].destinations = {}; }
  SUBCASE("a store to an input") { plan.ops[0].destinations[0].buffer = Buffer::Input; }
  SUBCASE("an empty slice") { plan.slices[0].count = 0; }
  SUBCASE("a chunk of nothing") { plan.slices[0].chunk = 0; }
  SUBCASE("a root of a collective that has none") { plan.root = 0; }
  SUBCASE("scratch of another number of ranks") { plan.scratch.pop_back(); }
  SUBCASE("a placement of other ranks") { plan.placement = {.process = {0, 1}, .host = {0, 0}}; }
  SUBCASE("a placement without hosts") { plan.placement = {.process = {0, 1, 2}, .host = {}}; }
  CHECK(broken_rule(plan) == "form");
}

TEST_CASE("form: a broadcast has no input but the root's") {
  Plan plan = sound(make_schedule(Collective::Broadcast, 3, {}, {star(3, 1, 1)}));
  plan.ops[0].sources[0].rank = 0;
  CHECK(broken_rule(plan) == "form");
}

TEST_CASE("slices: they tile the buffer") {
  Plan plan = allgather_chain();
  SUBCASE("a gap") { plan.slices[1].begin += 1, plan.slices[1].count -= 1; }
  SUBCASE("an overlap") { plan.slices[1].begin -= 1; }
  SUBCASE("an end too early") { plan.slices[2].count -= 1; }
  SUBCASE("another root's shard") { plan.slices[1].root = 2; }
  CHECK(broken_rule(plan) == "slices");
}

TEST_CASE("blocks: each op once, where it belongs, by depth") {
  Plan plan = allgather_chain();
  REQUIRE(plan.blocks[0].ops.size() == 2);
  SUBCASE("an op in none") { plan.blocks[0].ops.pop_back(); }
  SUBCASE("an op twice") { plan.blocks[0].ops.push_back(plan.blocks[0].ops.back()); }
  SUBCASE("an op that does not exist") { plan.blocks[0].ops.push_back(1000); }
  SUBCASE("another rank's") { std::swap(plan.blocks[0].ops[1], plan.blocks[1].ops[1]); }
  SUBCASE("a deeper one first") { std::swap(plan.blocks[0].ops[0], plan.blocks[0].ops[1]); }
  SUBCASE("a block that ends too early") { plan.blocks[0].chunks -= 1; }
  CHECK(broken_rule(plan) == "blocks");
}

// Rank 0's ops: 0 to itself, 1 stages for rank 1, 2 sends to rank 2; rank 1's is 3, rank 2's 4.
Plan broadcast_to_others() {
  return sound(
      make_schedule(Collective::Broadcast, 3, {}, {star(3, 0, 1)}),
      {.count = 100, .chunk_bytes = 16, .placement = {.process = {0, 1, 2}, .host = {0, 0, 1}}});
}

TEST_CASE("blocks: what sends is alone") {
  Plan plan = broadcast_to_others();
  SUBCASE("with another") {
    plan.blocks[0].ops.push_back(2);
    std::erase_if(plan.blocks, [](const BlockProgram& block) {
      return block.ops.size() == 1 && block.ops[0] == 2;
    });
  }
  SUBCASE("two blocks for the rest") {
    plan.blocks.push_back(plan.blocks[0]);
    plan.blocks[0].ops = {0};
    plan.blocks.back().ops = {1};
  }
  CHECK(broken_rule(plan) == "blocks");
}

TEST_CASE("reach: no op touches memory that its rank does not reach") {
  Plan plan = broadcast_to_others();
  SUBCASE("another process's output") { plan.ops[0].destinations.push_back({.rank = 1}); }
  SUBCASE("another host's") { plan.placement.host = {0, 1, 1}; }
  SUBCASE("a send within a host") { plan.placement.host = {0, 0, 0}; }
  SUBCASE("a stage of another's data") { plan.ops[1].sources[0].rank = 1; }
  SUBCASE("a send with two ends") {
    plan.ops[2].destinations.push_back(plan.ops[2].destinations[0]);
  }
  for (NodeOp& op : plan.ops) {
    for (std::size_t i = 0; i < op.destinations.size(); ++i) {
      if (op.destinations[i].buffer == Buffer::Input) {
        op.destinations[i].buffer = Buffer::Output;
      }
    }
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      if (op.sources[i].buffer == Buffer::Input && op.sources[i].rank == 1) {
        op.sources[i].buffer = Buffer::Output;
      }
    }
  }
  CHECK(broken_rule(plan) == "reach");
}

TEST_CASE("race: a staged or sent slot comes back before it is filled again") {
  Plan plan = broadcast_to_others();
  SUBCASE("staged") { plan.ops[1].waits = {}; }
  SUBCASE("sent") { plan.ops[2].waits = {}; }
  SUBCASE("too early") { plan.ops[2].waits[0].lag += 1; }
  CHECK(broken_rule(plan) == "race");
}

TEST_CASE("deadlock: no wait for the same key or a larger one") {
  Plan plan = allreduce_chain();
  SUBCASE("a circle") { plan.ops[0].waits.push_back({.op = 2}); }
  SUBCASE("itself") { plan.ops[1].waits[0].op = 1; }
  CHECK(broken_rule(plan) == "deadlock");
}

TEST_CASE("race: what touches the same elements is ordered") {
  SUBCASE("a copy that does not wait for its data") {
    Plan plan = allgather_chain();
    plan.ops[1].waits = {};
    CHECK(broken_rule(plan) == "race");
  }
  SUBCASE("a turn that does not wait for the partial sum") {
    Plan plan = allreduce_chain();
    plan.ops[1].waits = {};
    CHECK(broken_rule(plan) == "race");
  }
  SUBCASE("a slot that is written again before it is given back") {
    Plan plan = scatter_chain();
    const auto inner = std::find_if(plan.ops.begin(), plan.ops.end(),
                                    [](const NodeOp& op) { return !op.finishes; });
    SUBCASE("no credit") { inner->waits = {}; }
    SUBCASE("a credit too early") { inner->waits[0].lag += 1; }
    CHECK(broken_rule(plan) == "race");
  }
  SUBCASE("a few chunks take no credit") {
    Plan plan = sound(uniform_schedule(Collective::ReduceScatter, 3, chain),
                      {.count = 16, .chunk_bytes = 16});
    for (NodeOp& op : plan.ops) {
      if (!op.finishes) op.waits = {};
    }
    CHECK(violations(plan).empty());
  }
  SUBCASE("scratch of two slices that overlaps") {
    const std::vector trees = {chain(3, 0, Rational(1, 2)), chain(3, 0, Rational(1, 2))};
    Plan plan = sound(make_schedule(Collective::Reduce, 3, trees, {}));
    for (NodeOp& op : plan.ops) {
      for (std::size_t i = 0; i < op.sources.size(); ++i) {
        if (op.sources[i].buffer == Buffer::Scratch) op.sources[i].offset = 0;
      }
      if (op.destinations[0].buffer == Buffer::Scratch) op.destinations[0].offset = 0;
    }
    CHECK(broken_rule(plan) == "race");
  }
  SUBCASE("an op that stores over a source it has still to read") {
    Plan plan = allreduce_chain();
    plan.ops[0].destinations[0] = plan.ops[0].sources[1];
    plan.ops[0].destinations[0].buffer = Buffer::Output;
    plan.ops[0].sources[1].buffer = Buffer::Output;
    const auto found = violations(plan);
    CHECK(std::any_of(found.begin(), found.end(), [](const PlanViolation& violation) {
      return violation.rule == "race" &&
             violation.message.find("stores to its source 1 before") != std::string::npos;
    }));
  }
  SUBCASE("an op that stores to a place twice") {
    Plan plan = allreduce_chain();
    plan.ops[2].destinations.push_back(plan.ops[2].destinations[0]);
    CHECK(broken_rule(plan) == "race");
  }
  SUBCASE("in place, the input of a leaf is the output that the way down fills") {
    Plan plan = allreduce_chain(true);
    NodeOp& early = plan.ops[2];  // stores to rank 2, whose input op 0 reads
    early.waits = {};
    CHECK(broken_rule(plan) == "race");
  }
}

TEST_CASE("complete: every result is there, and right") {
  SUBCASE("a child left out") {
    Plan plan = sound(make_schedule(Collective::Reduce, 4, {star(4, 0, 1)}, {}));
    drop(plan.ops[0].sources, 2);
    CHECK(broken_rule(plan) == "complete");
  }
  SUBCASE("a child counted twice") {
    Plan plan = sound(make_schedule(Collective::Reduce, 3, {chain(3, 0, 1)}, {}));
    Location again = plan.ops[0].sources[1];  // the leaf, which the inner node has counted
    plan.ops[1].sources.push_back(again);
    CHECK(broken_rule(plan) == "complete");
  }
  SUBCASE("an output left out") {
    Plan plan = sound(uniform_schedule(Collective::AllGather, 4, star));
    drop(plan.ops[3].destinations, 1);
    CHECK(broken_rule(plan) == "complete");
  }
  SUBCASE("a result that is not finished") {
    Plan plan = allreduce_chain();
    plan.ops[1].finishes = false;
    CHECK(broken_rule(plan) == "complete");
  }
  SUBCASE("a partial sum that is finished") {
    Plan plan = allreduce_chain();
    plan.ops[0].finishes = true;
    CHECK(broken_rule(plan) == "complete");
  }
  SUBCASE("a read of what nobody wrote") {
    Plan plan = scatter_chain();
    const auto inner = std::find_if(plan.ops.begin(), plan.ops.end(),
                                    [](const NodeOp& op) { return !op.finishes; });
    inner->sources[1].buffer = Buffer::Scratch;
    inner->sources[1].ring_slots = kRingSlots;
    inner->sources[1].offset = 0;
    const auto found = violations(plan);
    CHECK(std::any_of(found.begin(), found.end(), [](const PlanViolation& violation) {
      return violation.message.find("reads what nobody wrote") != std::string::npos;
    }));
  }
}

TEST_CASE("messages name op, rank, tree and channel") {
  Plan plan = allreduce_chain();
  plan.ops[0].waits.push_back({.op = 2});
  const auto found = violations(plan);
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].message ==
        "op 0 (rank 1, /reduce_trees/0, channel 0, depth 0) waits for op 2 (rank 1, "
        "/broadcast_trees/0, channel 0, depth 0), whose key is not smaller");
}

}  // namespace
}  // namespace pleach
