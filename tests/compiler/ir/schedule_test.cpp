#include "compiler/ir/schedule.hpp"

#include <doctest/doctest.h>

namespace pleach {
namespace {

TEST_CASE("the root of a broadcast or reduce is that of its trees, and its own list counts") {
  const ScheduleTree at_two{.root = 2, .share = 1, .routes = {}};
  const ScheduleTree at_five{.root = 5, .share = 1, .routes = {}};
  Schedule schedule;
  schedule.broadcast_trees = {at_two};
  schedule.reduce_trees = {at_five};
  schedule.collective = Collective::Broadcast;
  CHECK(root_of(schedule) == 2);
  schedule.collective = Collective::Reduce;
  CHECK(root_of(schedule) == 5);
}

TEST_CASE("no root: collectives that have none, and lists without a tree") {
  Schedule schedule;
  schedule.broadcast_trees = {{.root = 2, .share = 1, .routes = {}}};
  schedule.reduce_trees = schedule.broadcast_trees;
  for (const Collective collective :
       {Collective::AllGather, Collective::ReduceScatter, Collective::AllReduce}) {
    schedule.collective = collective;
    CHECK(root_of(schedule) == -1);
  }
  schedule.collective = Collective::Broadcast;
  schedule.broadcast_trees.clear();
  CHECK(root_of(schedule) == -1);
}

}  // namespace
}  // namespace pleach
