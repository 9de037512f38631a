#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "compiler/verify/verify_schedule.hpp"
#include "tests/compiler/verify/example_schedules.hpp"

namespace pleach {
namespace {

TEST_CASE("the same machine is the same in any order of links and by any name") {
  const Schedule schedule = star4_allgather();
  Topology given = schedule.topology;
  CHECK(compare_topology(schedule, given).empty());
  given.name = "another";
  std::swap(given.links[0], given.links[5]);
  given.nodes[4].type = NodeType::Nic;
  CHECK(compare_topology(schedule, given).empty());
}

TEST_CASE("the first difference is named") {
  struct Case {
    std::function<void(Topology&)> change;
    Violation wanted;
  };
  const std::vector<Case> cases = {
      {[](Topology& t) { t.nodes.push_back({.id = "s2", .type = NodeType::Switch}); },
       {"topology", "/nodes", "the schedule has 5 nodes, the given topology 6"}},
      {[](Topology& t) { t.nodes[2].id = "gpu2"; },
       {"topology", "/nodes/2",
        "node 2 is \"g2\" in the schedule, \"gpu2\" in the given topology"}},
      {[](Topology& t) { t.links.pop_back(); },
       {"topology", "/links/7", "the link \"s\" -> \"g3\" is not in the given topology"}},
      {[](Topology& t) { t.links.erase(t.links.begin()); },
       {"topology", "/links/0", "the link \"g0\" -> \"s\" is not in the given topology"}},
      {[](Topology& t) {
         t.links.push_back({NodeId{1}, NodeId{2}, {Rational(5)}, {}});
       },
       {"topology", "/links",
        "the link \"g1\" -> \"g2\" of the given topology is not in the schedule"}},
      {[](Topology& t) {
         t.links.push_back({NodeId{4}, NodeId{5}, {Rational(5)}, {}});
         t.nodes.push_back({.id = "s2", .type = NodeType::Switch});
       },
       {"topology", "/nodes", "the schedule has 5 nodes, the given topology 6"}},
      {[](Topology& t) { t.links[5].bandwidth = {Rational(50)}; },
       {"topology", "/links/5",
        "the link \"s\" -> \"g2\" has 100 GB/s in the schedule, 50 GB/s in the given topology"}},
      {[](Topology& t) { t.links[5].latency = {}; },
       {"topology", "/links/5",
        "the link \"s\" -> \"g2\" takes 0.25 us in the schedule, 0 us in the given topology"}},
      {[](Topology& t) { std::swap(t.ranks[1], t.ranks[2]); },
       {"topology", "/ranks/1", "rank 1 is \"g1\" in the schedule, \"g2\" in the given topology"}},
      {[](Topology& t) { t.ranks.pop_back(); },
       {"topology", "/ranks", "the schedule has 4 ranks, the given topology 3"}},
  };
  const Schedule schedule = star4_allgather();
  for (const Case& c : cases) {
    Topology given = schedule.topology;
    c.change(given);
    const auto found = compare_topology(schedule, given);
    REQUIRE(found.size() == 1);
    CHECK(found[0].rule == c.wanted.rule);
    CHECK(found[0].where == c.wanted.where);
    CHECK(found[0].message == c.wanted.message);
  }
}

}  // namespace
}  // namespace pleach
