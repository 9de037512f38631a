#include "compiler/explain/explain_schedule.hpp"

#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/pipeline.hpp"
#include "tests/compiler/explain/machines.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

Schedule compiled(const std::string& machine, CompileOptions options) {
  auto result = compile_schedule(testing::catalogue_machine(machine), options, [] { return 0.0; });
  return std::move(result.schedule);
}

TEST_CASE("an optimal schedule of a machine where all links are tight fills every one") {
  const Schedule schedule = compiled(
      "dgx-a100-x2", {.collective = Collective::AllReduce, .root = 0, .trees_per_root = {}});
  const ScheduleExplanation explanation = explain_schedule(schedule);
  CHECK(explanation.algbw == Rational(520, 3));
  CHECK(explanation.full_links() == 96);
  CHECK(explanation.broadcast_trees == schedule.broadcast_trees.size());
  CHECK(explanation.reduce_trees == schedule.reduce_trees.size());
  REQUIRE(explanation.uses.size() == 6);
  for (const LinkUse& use : explanation.uses) {
    CHECK(use.links == 16);
    CHECK(use.full == 16);
    CHECK(use.least == Rational(1));
    CHECK(use.most == Rational(1));
  }
}

TEST_CASE("a star by hand: the root's link carries three copies, the others one") {
  // 4 ranks on one switch, the whole buffer from rank 0 along 0 -> s -> r for each other rank.
  Schedule schedule =
      testing::make_schedule(Collective::Broadcast, 4, {}, {testing::star(4, 0, 1)});
  schedule.algbw = 10;
  for (Link& link : schedule.topology.links) link.bandwidth.gigabytes_per_second = 30;
  const ScheduleExplanation explanation = explain_schedule(schedule);
  CHECK(explanation.heights.max == 1);
  std::size_t links = 0;
  std::size_t idle = 0;
  for (const LinkUse& use : explanation.uses) {
    links += use.links;
    idle += use.idle;
  }
  CHECK(links == schedule.topology.links.size());
  CHECK(explanation.full_links() == 1);
  CHECK(idle == 4);  // three ranks send nothing, the root receives nothing
  CHECK(explanation.uses.front().most == Rational(1));
}

TEST_CASE("uses add up: a link's group holds every link once") {
  const Schedule schedule =
      compiled("torus-4x4", {.collective = Collective::AllGather, .root = 0, .trees_per_root = 1});
  const ScheduleExplanation explanation = explain_schedule(schedule);
  REQUIRE(explanation.uses.size() == 1);
  CHECK(explanation.uses.front().links == 64);
  CHECK(explanation.uses.front().most == Rational(1));
  CHECK(explanation.uses.front().full < 64);
  CHECK(explanation.uses.front().from == "torus/*-*");
}

}  // namespace
}  // namespace pleach
