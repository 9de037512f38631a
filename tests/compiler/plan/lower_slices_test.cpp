#include "compiler/plan/lower_slices.hpp"

#include <doctest/doctest.h>

#include "compiler/plan/check_plan.hpp"

namespace pleach {
namespace {

// 0 - 1 - 2, from the root down.
TreeShape path() {
  return {.root = 0,
          .order = {0, 1, 2},
          .parent = {-1, 0, 1},
          .child_begin = {0, 1, 2, 2},
          .child_list = {1, 2}};
}

// An all-reduce of 1,000 elements by that tree alone, 900 on channel 0 and 100 on channel 1.
Plan unlowered() {
  Plan plan;
  plan.collective = Collective::AllReduce;
  plan.ranks = 3;
  plan.count = 1000;
  plan.element_size = 4;
  plan.channels = 2;
  plan.scratch = {0, 0, 0};
  plan.slices = {{.reduce_tree = 0, .broadcast_tree = 0, .count = 900},
                 {.reduce_tree = 0, .broadcast_tree = 0, .channel = 1, .begin = 900, .count = 100}};
  return plan;
}

TEST_CASE("trees and ranges alone make a plan without violations") {
  Plan plan = unlowered();
  lower_slices({.reduce_trees = {path()}, .broadcast_trees = {path()}}, 400, {}, plan);
  CHECK(violations(plan).empty());
  // Of each rank and channel one block up, if it has children, and one down, if it has.
  CHECK(plan.ops.size() == 6);
  CHECK(plan.blocks.size() == 6);
  for (const BlockProgram& block : plan.blocks) CHECK(block.ops.size() == 1);
}

TEST_CASE("the largest slice has the chunk asked for, a smaller one as many, but no crumbs") {
  Plan plan = unlowered();
  lower_slices({.reduce_trees = {path()}, .broadcast_trees = {path()}}, 400, {}, plan);
  CHECK(plan.slices[0].chunk == 100);
  CHECK(num_chunks(plan.slices[0]) == 9);
  CHECK(plan.slices[1].chunk == 12);  // an eighth of 100 elements, and 100 / 9 rounded up
  CHECK(num_chunks(plan.slices[1]) == 9);
}

TEST_CASE("without a chunk size it is the best for the trees' hops") {
  Plan plan = unlowered();
  const HopCost hop{.seconds = 1e-6, .bytes_per_second = 1e9, .least_bytes = 16, .most_bytes = 512};
  lower_slices({.reduce_trees = {path()}, .broadcast_trees = {path()}}, 0, hop, plan);
  CHECK(plan.slices[0].chunk * 4 <= best_chunk_bytes(900 * 4, 4, hop));
  CHECK(num_chunks(plan.slices[0]) == 8);  // 3,600 bytes in chunks of at most 512
}

}  // namespace
}  // namespace pleach
