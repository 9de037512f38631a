#include "runtime/comm/loaded_schedules.hpp"

#include <doctest/doctest.h>

#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::chain;
using testing::star;
using testing::uniform_schedule;

Schedule named(Schedule schedule, const std::string& name) {
  schedule.topology.name = name;
  return schedule;
}

std::string name_of(const Schedule* schedule) {
  return schedule != nullptr ? schedule->topology.name : "none";
}

TEST_CASE("by collective and root; the last one for each counts") {
  LoadedSchedules loaded;
  CHECK(loaded.find(Collective::AllGather, -1) == nullptr);
  loaded.add(named(uniform_schedule(Collective::AllGather, 3, chain), "first"));
  loaded.add(named(uniform_schedule(Collective::Broadcast, 3, chain, 1), "from 1"));
  loaded.add(named(uniform_schedule(Collective::Broadcast, 3, chain, 2), "from 2"));
  CHECK(name_of(loaded.find(Collective::AllGather, -1)) == "first");
  CHECK(name_of(loaded.find(Collective::AllGather, 7)) == "first");  // it has no root
  CHECK(name_of(loaded.find(Collective::Broadcast, 1)) == "from 1");
  CHECK(name_of(loaded.find(Collective::Broadcast, 2)) == "from 2");
  CHECK(loaded.find(Collective::ReduceScatter, -1) == nullptr);
  loaded.add(named(uniform_schedule(Collective::AllGather, 3, star), "second"));
  CHECK(name_of(loaded.find(Collective::AllGather, -1)) == "second");
}

TEST_CASE("what is not there is taken from one that contains it, and again from its successor") {
  LoadedSchedules loaded;
  loaded.add(named(uniform_schedule(Collective::AllReduce, 3, chain), "chains"));
  const Schedule* const gather = loaded.find(Collective::AllGather, -1);
  REQUIRE(gather != nullptr);
  CHECK(gather->collective == Collective::AllGather);
  CHECK(gather->reduce_trees.empty());
  CHECK(loaded.find(Collective::AllGather, -1) == gather);  // made once
  loaded.add(named(uniform_schedule(Collective::AllReduce, 3, star), "stars"));
  CHECK(name_of(loaded.find(Collective::AllGather, -1)) == "stars");
}

TEST_CASE("the roots that there are instead") {
  LoadedSchedules loaded;
  CHECK(loaded.other_roots(Collective::Reduce).empty());
  const Schedule from_one = uniform_schedule(Collective::Reduce, 3, chain, 1);
  loaded.add(from_one);
  loaded.add(uniform_schedule(Collective::Reduce, 3, chain, 2));
  const auto id = [&](int rank) {
    return from_one.topology.node(from_one.topology.ranks[rank]).id;
  };
  CHECK(loaded.other_roots(Collective::Reduce) ==
        ", only one with root 1 (" + id(1) + ") and 2 (" + id(2) + ")");
  CHECK(loaded.other_roots(Collective::Broadcast).empty());
}

TEST_CASE("where the ranks are, in the machine of the last one") {
  LoadedSchedules loaded;
  CHECK(loaded.node_of(0) == nullptr);
  Schedule schedule = uniform_schedule(Collective::AllReduce, 2, chain);
  loaded.add(schedule);
  const std::string first = schedule.topology.node(schedule.topology.ranks[0]).id;
  REQUIRE(loaded.node_of(0) != nullptr);
  CHECK(*loaded.node_of(0) == first);
  schedule.collective = Collective::AllGather;
  std::swap(schedule.topology.ranks[0], schedule.topology.ranks[1]);
  loaded.add(schedule);
  CHECK(*loaded.node_of(1) == first);
}

}  // namespace
}  // namespace pleach
