#include "compiler/view/cut_mark.hpp"

#include <doctest/doctest.h>

#include "compiler/passes/pipeline.hpp"
#include "tests/compiler/view/machines.hpp"

namespace pleach::view {
namespace {

Schedule compiled(const std::string& name, Collective collective) {
  Compiled result = compile_schedule(
      machine(name), {.collective = collective, .root = 0, .trees_per_root = std::nullopt},
      [] { return 0.0; });
  return std::move(result.schedule);
}

CutMark mark(const Schedule& schedule) {
  return mark_cut(schedule, layout_machine(schedule.topology, link_pairs(schedule.topology, {})));
}

TEST_CASE("the side with fewer GPUs is marked, a box as one") {
  const Schedule schedule = compiled("dgx-h100-x16", Collective::AllGather);
  const CutMark cut = mark(schedule);
  CHECK(cut.frames.size() == 1);
  CHECK(cut.text == "dashed: the cut that bounds every schedule, 400 GB/s into the 8 GPUs of box0");
  CHECK(cut.nodes.size() >= 8);
}

TEST_CASE("data leaves the marked side of a reducing collective") {
  CHECK(mark(compiled("ring-8", Collective::AllGather)).text ==
        "dashed: the cut that bounds every schedule, 100 GB/s into ring/0");
  CHECK(mark(compiled("ring-8", Collective::ReduceScatter)).text ==
        "dashed: the cut that bounds every schedule, 100 GB/s out of ring/0");
}

TEST_CASE("forwarders that do not make the cut are left out") {
  //  g0 -1- s -1- g1, and a switch that leads nowhere
  Schedule schedule;
  schedule.topology = machine_of({"g0", "g1", "s", "dangling"}, 2, {{0, 2, 1}, {2, 1, 1}});
  schedule.bound.cut = {NodeId{0}, NodeId{2}, NodeId{3}};
  CHECK(mark(schedule).nodes == std::vector{NodeId{0}});
  CHECK(mark(schedule).text == "dashed: the cut that bounds every schedule, 1 GB/s out of g0");
}

TEST_CASE("GPUs of no box, and a part of a box, are framed one by one") {
  Schedule schedule;
  schedule.topology = machine("torus-4x4");
  schedule.bound.cut = {NodeId{0}, NodeId{1}, NodeId{5}};
  CHECK(mark(schedule).frames.size() == 3);
  CHECK(mark(schedule).text.ends_with("out of the 3 GPUs inside"));
  schedule.topology = machine("mi250-x2");
  schedule.bound.cut = {NodeId{0}, NodeId{2}};  // gpu1 stands between them
  CHECK(mark(schedule).frames.size() == 2);
}

TEST_CASE(
    "where unbalanced switches cost more than the cut, the text does not blame the cut alone") {
  const Schedule schedule =
      compiled(PLEACH_TEST_DATA "/reference/bad_nvl8_asym.json", Collective::AllGather);
  REQUIRE(schedule.bound.achievable.has_value());
  CHECK(mark(schedule).text.starts_with(
      "dashed: the tightest cut (unbalanced switches cost more), "));
  CHECK(mark(schedule).frames.size() == 1);
}

TEST_CASE("nothing is marked without a cut, or where parts are the witness") {
  Schedule schedule = compiled("ring-8", Collective::AllGather);
  schedule.bound.parts = {{NodeId{0}}, {NodeId{1}}};
  CHECK(mark(schedule).frames.empty());
  CHECK(mark(schedule).text.empty());
  schedule.bound = {};
  CHECK(mark(schedule).nodes.empty());
}

}  // namespace
}  // namespace pleach::view
