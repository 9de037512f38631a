#include "compiler/view/link_load.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "compiler/passes/pipeline.hpp"
#include "tests/compiler/view/machines.hpp"
#include "tests/support/sample_schedules.hpp"

namespace pleach::view {
namespace {

Rational third(std::int64_t num) { return {Integer(num), Integer(3)}; }

TEST_CASE("loads of a hand-made schedule") {
  //     0 --3-- switch --6-- 1        rank 0 to the others as a chain 0, 1, 2: all of the data
  //                \--2-- 2           over the links 0 s 1 s 2; the way back carries nothing
  Topology topology = machine_of({"g0", "g1", "g2", "s"}, 3, {{0, 3, 3}, {1, 3, 6}, {2, 3, 2}});
  Schedule schedule;
  schedule.collective = Collective::Broadcast;
  schedule.topology = topology;
  schedule.routes = {{NodeId{0}, NodeId{3}, NodeId{1}},
                     {NodeId{1}, NodeId{3}, NodeId{2}},
                     {NodeId{0}, NodeId{3}, NodeId{2}}};
  // Two thirds along the chain, one third as a star.
  schedule.broadcast_trees = {{.root = 0, .share = third(2), .routes = {0, 1}},
                              {.root = 0, .share = third(1), .routes = {0, 2}}};
  const LinkLoads loads = link_loads(schedule);
  // In the order of the links: 0 s, s 0, 1 s, s 1, 2 s, s 2.
  CHECK(loads.load == std::vector<Rational>{third(4), 0, third(2), 1, 0, 1});
  // 3 / (4/3), 6 / 1, 2 / 1: the last is the least.
  CHECK(loads.algbw == Rational(2));
  CHECK(loads.used == std::vector<Rational>{Rational(Integer(8), Integer(9)), 0,
                                            Rational(Integer(2), Integer(9)), third(1), 0, 1});
}

TEST_CASE("both lists of an allreduce load the links together") {
  const auto trees = {testing::star(3, 0, Rational(1))};
  const Schedule schedule = testing::make_schedule(Collective::AllReduce, 3, trees, trees);
  const LinkLoads loads = link_loads(schedule);
  // Rank 0 is node 3 and sends and receives twice the data; each link has 1 GB/s.
  for (std::size_t i = 0; i < schedule.topology.links.size(); ++i) {
    const Link& link = schedule.topology.links[i];
    const bool at_root = link.from == NodeId{3} || link.to == NodeId{3};
    CHECK(loads.load[i] == Rational(at_root ? 2 : 1));
    CHECK(loads.used[i] == (at_root ? Rational(1) : Rational(Integer(1), Integer(2))));
  }
  CHECK(loads.algbw == Rational(Integer(1), Integer(2)));
}

TEST_CASE("the rate of compiled schedules is the one they state") {
  for (const char* name : {"dgx-a100-x2", "mi250-x1", "fat-tree-16-over2", "torus-3x3x3"}) {
    for (const Collective collective : kCollectives) {
      CAPTURE(name);
      CAPTURE(name_of(collective));
      const auto compiled = compile_schedule(
          machine(name), {.collective = collective, .root = 0, .trees_per_root = std::nullopt},
          [] { return 0.0; });
      const LinkLoads loads = link_loads(compiled.schedule);
      CHECK(loads.algbw == compiled.schedule.algbw);
      CHECK(std::ranges::max(loads.used) == Rational(1));
      CHECK(std::ranges::all_of(loads.used, [](const Rational& used) { return used.sign() >= 0; }));
    }
  }
}

}  // namespace
}  // namespace pleach::view
