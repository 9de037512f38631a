#include "compiler/verify/verify_schedule.hpp"

#include <functional>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "compiler/topology/digest.hpp"
#include "tests/compiler/verify/brute_force_check.hpp"
#include "tests/compiler/verify/example_schedules.hpp"

namespace pleach {
namespace {

TEST_CASE("good schedules pass, with the rates worked out by hand") {
  struct Case {
    Schedule schedule;
    Rational algbw;
    Rational bound;
  };
  const std::vector<Case> cases = {
      {ring3_allgather(), 30, 30},
      {star4_allgather(), Rational(400, 3), Rational(400, 3)},
      {star4_reduce_scatter(), Rational(400, 3), Rational(400, 3)},
      {star4_allreduce(), Rational(200, 3), Rational(200, 3)},
      {star4_broadcast(), 100, 100},
      {star4_reduce(), 100, 100},
      {star4_slow_broadcast(), Rational(100, 3), 100},
  };
  REQUIRE(cases.size() == example_schedules().size());
  for (const Case& c : cases) {
    CAPTURE(name_of(c.schedule.collective));
    CAPTURE(c.algbw);
    const Verification verification = verify_schedule(c.schedule);
    for (const Violation& v : verification.violations) FAIL_CHECK(v.rule << ": " << v.message);
    CHECK(verification.valid());
    CHECK(verification.algbw == c.algbw);
    CHECK(verification.bound_algbw == c.bound);
    CHECK(verification.bound_is_least);
    CHECK(brute_force_valid(c.schedule, c.schedule.topology));
  }
}

TEST_CASE("a route that is stored and used by no tree carries nothing") {
  Schedule schedule = star4_allgather();
  add_route(schedule, {0, 4, 3});
  CHECK(verify_schedule(schedule).valid());
}

TEST_CASE("an allreduce may be bounded by a cut that splits the ranks") {
  Schedule schedule = star4_allreduce();
  schedule.bound = {.algbw = 100, .cut = {NodeId{0}}, .parts = {}};
  const Verification verification = verify_schedule(schedule);
  CHECK(verification.valid());
  CHECK(verification.bound_algbw == Rational(100));
  CHECK_FALSE(
      verification.bound_is_least);  // it reaches 200/3, and nothing says that none does more
}

TEST_CASE("trees with unequal shares and long denominators add up exactly") {
  // Each root's star splits into two trees of 1/4 - e and e; loads stay what they were.
  Schedule schedule = star4_allgather();
  const Rational sliver(1, Integer(1'000'000'007) * Integer(998'244'353) * Integer(4));
  const std::size_t roots = schedule.broadcast_trees.size();
  for (std::size_t t = 0; t < roots; ++t) {
    ScheduleTree copy = schedule.broadcast_trees[t];
    copy.share = sliver / static_cast<std::int64_t>(t + 1);
    schedule.broadcast_trees[t].share -= copy.share;
    schedule.broadcast_trees.push_back(copy);
  }
  CHECK(verify_schedule(schedule).valid());
  schedule.broadcast_trees.back().share += sliver;
  CHECK_FALSE(verify_schedule(schedule).valid());
}

// One broken schedule for each way to break a rule.
struct Broken {
  std::string name;
  Schedule schedule;
  std::function<void(Schedule&)> damage;
  std::vector<Violation> wanted;
};

ScheduleTree& out_tree(Schedule& s, std::size_t t) { return s.broadcast_trees[t]; }

const std::vector<Broken>& broken_schedules() {
  static const std::vector<Broken> cases = {
      // index
      {"a rank on no node",
       star4_allgather(),
       [](Schedule& s) { s.topology.ranks[1] = NodeId{9}; },
       {{"index", "/ranks/1", "there is no node 9; there are 5, counted from 0"}}},
      {"a link to no node",
       star4_allgather(),
       [](Schedule& s) { s.topology.links[2].to = NodeId{-1}; },
       {{"index", "/links/2/1", "there is no node -1; there are 5, counted from 0"}}},
      {"a route through no node",
       star4_allgather(),
       [](Schedule& s) { s.routes[3][1] = NodeId{5}; },
       {{"index", "/routes/3/1", "there is no node 5; there are 5, counted from 0"}}},
      {"a tree with no such root",
       star4_allgather(),
       [](Schedule& s) { out_tree(s, 2).root = 4; },
       {{"index", "/broadcast_trees/2/root", "there is no rank 4; there are 4, counted from 0"}}},
      {"a tree with no such route",
       star4_reduce(),
       [](Schedule& s) { s.reduce_trees[0].routes[1] = 3; },
       {{"index", "/reduce_trees/0/routes/1", "there is no route 3; there are 3, counted from 0"}}},
      {"a cut with no such node",
       star4_allgather(),
       [](Schedule& s) { s.bound.cut[0] = NodeId{7}; },
       {{"index", "/bound/cut/0", "there is no node 7; there are 5, counted from 0"}}},
      {"a part with no such node",
       star4_allreduce(),
       [](Schedule& s) { s.bound.parts[3][0] = NodeId{7}; },
       {{"index", "/bound/parts/3/0", "there is no node 7; there are 5, counted from 0"}}},

      // node
      {"two nodes of one name",
       star4_allgather(),
       [](Schedule& s) { s.topology.nodes[2].id = "g0"; },
       {{"node", "/nodes/2", "a second node has the id \"g0\""}}},
      {"a node without a name",
       star4_allgather(),
       [](Schedule& s) { s.topology.nodes[4].id = ""; },
       {{"node", "/nodes/4", "a node has an empty id"}}},
      {"two ranks on one node",
       star4_allgather(),
       [](Schedule& s) { s.topology.ranks[3] = NodeId{1}; },
       {{"node", "/ranks/3", "\"g1\" has a second rank"}}},

      // link
      {"a link without a rate",
       star4_allgather(),
       [](Schedule& s) { s.topology.links[0].bandwidth = {}; },
       {{"link", "/links/0", "the link \"g0\" -> \"s\" has 0 GB/s; wanted a rate above 0"}}},
      {"a link twice",
       star4_allgather(),
       [](Schedule& s) { s.topology.links.push_back(s.topology.links[1]); },
       {{"link", "/links/8",
         "the link \"s\" -> \"g0\" stands here and at /links/1; wanted one link with their sum"}}},
      {"a link to itself",
       star4_allgather(),
       [](Schedule& s) {
         s.topology.links.push_back({NodeId{4}, NodeId{4}, {Rational(1)}, {}});
       },
       {{"link", "/links/8", "the link \"s\" -> \"s\" ends where it starts"}}},

      // route
      {"a route that goes nowhere",
       ring3_allgather(),
       [](Schedule& s) { add_route(s, {0}); },
       {{"route", "/routes/6", "the route has only one node"}}},
      {"a route through a rank",
       ring3_allgather(),
       [](Schedule& s) {
         add_route(s, {0, 1, 2});
       },
       {{"route", "/routes/6",
         "the route passes through rank 1 (\"g1\"); wanted two routes that meet there"}}},
      {"a route from a switch",
       star4_allgather(),
       [](Schedule& s) {
         add_route(s, {4, 2});
       },
       {{"route", "/routes/12", "the route starts at \"s\", which has no rank"}}},
      {"a route to a switch",
       star4_allgather(),
       [](Schedule& s) {
         add_route(s, {2, 4});
       },
       {{"route", "/routes/12", "the route ends at \"s\", which has no rank"}}},
      {"a route over no link",
       star4_allgather(),
       [](Schedule& s) {
         add_route(s, {2, 3});
       },
       {{"route", "/routes/12", "there is no link \"g2\" -> \"g3\""}}},
      {"a route that comes back",
       star4_allgather(),
       [](Schedule& s) {
         add_route(s, {2, 4, 2});
       },
       {{"route", "/routes/12", "the route visits \"g2\" twice"}}},

      // lists
      {"no trees",
       star4_allgather(),
       [](Schedule& s) { s.broadcast_trees.clear(); },
       {{"lists", "", "a schedule for allgather needs broadcast_trees and there are none"}}},
      {"only half an allreduce",
       star4_allreduce(),
       [](Schedule& s) {
         s.reduce_trees.clear();
         s.algbw = Rational(400, 3);
         s.bound = {.algbw = 400, .cut = {NodeId{4}, NodeId{3}}, .parts = {}};
       },
       {{"lists", "", "a schedule for allreduce needs reduce_trees and there are none"},
        {"bound", "/bound/algbw", "the stated bound is 400 GB/s; its witness gives 300"}}},
      {"trees the collective has no use for",
       star4_allreduce(),
       [](Schedule& s) {
         s.collective = Collective::AllGather;
         s.bound = star4_allgather().bound;
       },
       {{"lists", "/reduce_trees",
         "a schedule for allgather has no reduce_trees, but here they are"}}},
      {"a broadcast without a tree has no root, hence no bound",
       star4_broadcast(),
       [](Schedule& s) { s.broadcast_trees.clear(); },
       {{"lists", "", "a schedule for broadcast needs broadcast_trees and there are none"}}},

      // root
      {"a broadcast from two roots",
       star4_broadcast(),
       [](Schedule& s) {
         ScheduleTree other = out_tree(s, 0);
         out_tree(s, 0).share = other.share = Rational(1, 2);
         other.root = 1;
         const int back = add_route(s, {1, 4, 0});
         other.routes = {back, other.routes[1], other.routes[2]};
         s.broadcast_trees.push_back(other);
         s.algbw = Rational(200, 3);  // g1 sends half the buffer three times
       },
       {{"root", "/broadcast_trees/1/root",
         "the root is rank 1 (\"g1\"), but that of the first tree rank 0 (\"g0\"); a broadcast has "
         "one root"}}},

      // reachability
      {"a rank that nothing reaches",
       star4_slow_broadcast(),
       [](Schedule& s) {
         out_tree(s, 0).routes.pop_back();
         s.algbw = 50;
       },
       {{"reachability", "/broadcast_trees/0", "the root's data does not reach rank 3 (\"g3\")"}}},
      {"a rank that is reached twice",
       star4_slow_broadcast(),
       [](Schedule& s) {
         out_tree(s, 0).routes.push_back(add_route(s, {1, 4, 3}));
         s.algbw = Rational(100, 3);
       },
       {{"reachability", "/broadcast_trees/0/routes/3",
         "rank 3 (\"g3\") is reached a second time"}}},
      {"the root's data comes back to it",
       star4_broadcast(),
       [](Schedule& s) {
         out_tree(s, 0).routes.push_back(add_route(s, {3, 4, 0}));
       },
       {{"reachability", "/broadcast_trees/0/routes/3",
         "a route ends at the root, rank 0 (\"g0\")"}}},
      {"ranks whose data the root never gets",
       star4_reduce_scatter(),
       [](Schedule& s) { s.reduce_trees[2].routes.resize(1); },
       {{"reachability", "/reduce_trees/2",
         "the root does not get the data of rank 1 (\"g1\") and 1 more"}}},
      {"a rank that sends twice",
       star4_reduce(),
       [](Schedule& s) {
         auto& routes = s.reduce_trees[0].routes;
         routes.push_back(add_route(s, {3, 4, 0}));
         s.algbw = 50;
       },
       {{"reachability", "/reduce_trees/0/routes/0", "rank 3 (\"g3\") sends a second time"}}},
      {"a root that sends",
       star4_reduce(),
       [](Schedule& s) {
         s.reduce_trees[0].routes.insert(s.reduce_trees[0].routes.begin(), add_route(s, {0, 4, 3}));
       },
       {{"reachability", "/reduce_trees/0/routes/0",
         "a route starts at the root, rank 0 (\"g0\")"}}},

      // order
      {"a child before its parent",
       star4_broadcast(),
       [](Schedule& s) { std::swap(out_tree(s, 0).routes[0], out_tree(s, 0).routes[1]); },
       {{"order", "/broadcast_trees/0/routes/0",
         "rank 1 (\"g1\") sends before it has received; wanted parent before child"}}},
      {"two ranks that feed each other",
       star4_slow_broadcast(),
       [](Schedule& s) {
         out_tree(s, 0).routes[1] = add_route(s, {3, 4, 2});
         out_tree(s, 0).routes[2] = add_route(s, {2, 4, 3});
         s.algbw = 100;
       },
       {{"order", "/broadcast_trees/0/routes/1",
         "rank 3 (\"g3\") sends before it has received; wanted parent before child"}}},
      {"a parent before its child",
       star4_reduce(),
       [](Schedule& s) { std::swap(s.reduce_trees[0].routes[0], s.reduce_trees[0].routes[1]); },
       {{"order", "/reduce_trees/0/routes/1",
         "rank 2 (\"g2\") receives after it has sent; wanted child before parent"}}},

      // share
      {"a tree that carries nothing",
       star4_allgather(),
       [](Schedule& s) {
         s.broadcast_trees.push_back(out_tree(s, 0));
         out_tree(s, 4).share = 0;
       },
       {{"share", "/broadcast_trees/4/share", "the share is 0; wanted one above 0"}}},
      {"a tree that takes away",
       star4_allgather(),
       [](Schedule& s) {
         s.broadcast_trees.push_back(out_tree(s, 0));
         out_tree(s, 0).share = Rational(1, 2);
         out_tree(s, 4).share = Rational(-1, 4);
       },
       {{"share", "/broadcast_trees/4/share", "the share is -1/4; wanted one above 0"}}},
      {"more than the whole buffer",
       star4_broadcast(),
       [](Schedule& s) {
         out_tree(s, 0).share = Rational(5, 4);
         s.algbw = 80;
       },
       {{"share", "/broadcast_trees", "the shares add up to 5/4; wanted 1"}}},
      {"one root that carries another's due",
       star4_reduce_scatter(),
       [](Schedule& s) {
         s.reduce_trees[1].share = Rational(3, 16);
         s.reduce_trees[2].share = Rational(5, 16);
         s.algbw = Rational(1600, 15);  // into g2: 3 * 5/16
       },
       {{"share", "/reduce_trees",
         "the trees with root rank 1 (\"g1\") carry 3/16 of the buffer; wanted 1/4"},
        {"share", "/reduce_trees",
         "the trees with root rank 2 (\"g2\") carry 5/16 of the buffer; wanted 1/4"}}},
      {"an allreduce that gathers elsewhere than it reduced",
       star4_allreduce(),
       [](Schedule& s) {
         s.reduce_trees[1].share = Rational(3, 16);
         s.reduce_trees[2].share = Rational(5, 16);
         s.algbw = Rational(1600, 27);  // into g2: 3 * 5/16 + 3/4
       },
       {{"share", "/reduce_trees",
         "the trees with root rank 1 (\"g1\") carry 3/16 of the buffer, those in broadcast_trees "
         "1/4; wanted the same"},
        {"share", "/reduce_trees",
         "the trees with root rank 2 (\"g2\") carry 5/16 of the buffer, those in broadcast_trees "
         "1/4; wanted the same"}}},

      // algbw
      {"a rate that is not reached",
       star4_slow_broadcast(),
       [](Schedule& s) { s.algbw = 34; },
       {{"algbw", "/algbw",
         "the stated rate is 34 GB/s; the link \"g0\" -> \"s\" carries 3 of the buffer at 100 "
         "GB/s, "
         "which gives 100/3"}}},
      {"a rate a hair too low",
       star4_slow_broadcast(),
       [](Schedule& s) { s.algbw -= Rational(1, 3'000'000'000'000); },
       {{"algbw", "/algbw",
         "the stated rate is 33333333333333/1000000000000 GB/s; the link \"g0\" -> \"s\" carries 3 "
         "of the buffer at 100 GB/s, which gives 100/3"}}},

      // bound
      {"a bound its cut does not give",
       star4_allgather(),
       [](Schedule& s) { s.bound.algbw = 134; },
       {{"bound", "/bound/algbw", "the stated bound is 134 GB/s; its witness gives 400/3"}}},
      {"a cut that is not the tightest",
       star4_allgather(),
       [](Schedule& s) { s.bound = {.algbw = 400, .cut = {NodeId{0}}, .parts = {}}; },
       {{"bound", "/bound/cut",
         "the cut allows 400 GB/s, but another allows only 400/3: \"g0\", \"g2\", \"g3\", \"s\""}}},
      {"a cut without a rank",
       star4_allgather(),
       [](Schedule& s) { s.bound.cut = {NodeId{4}}; },
       {{"bound", "/bound/cut", "the cut holds 0 of 4 ranks; wanted some and not all"}}},
      {"a cut with all ranks",
       star4_allgather(),
       [](Schedule& s) {
         s.bound.cut = {NodeId{0}, NodeId{1}, NodeId{2}, NodeId{3}};
       },
       {{"bound", "/bound/cut", "the cut holds 4 of 4 ranks; wanted some and not all"}}},
      {"a cut with a node twice",
       star4_allgather(),
       [](Schedule& s) { s.bound.cut.push_back(NodeId{1}); },
       {{"bound", "/bound/cut/4", "\"g1\" stands here twice"}}},
      {"a cut without the root",
       star4_reduce(),
       [](Schedule& s) { s.bound.cut = {NodeId{1}}; },
       {{"bound", "/bound/cut", "the cut does not hold the root, rank 0 (\"g0\")"}}},
      {"a cut that gives more than is stated and more than another",
       star4_slow_broadcast(),
       [](Schedule& s) {
         s.bound.cut = {NodeId{0}, NodeId{4}};
       },
       {{"bound", "/bound/algbw", "the stated bound is 100 GB/s; its witness gives 300"},
        {"bound", "/bound/cut",
         "the cut allows 300 GB/s, but another allows only 100: \"g0\", \"g2\", \"g3\", \"s\""}}},
      {"parts that bound no allgather",
       star4_allgather(),
       [](Schedule& s) { s.bound.parts = star4_allreduce().bound.parts; },
       {{"bound", "/bound/parts", "parts bound an allreduce; the collective is allgather"}}},
      {"a single part",
       star4_allreduce(),
       [](Schedule& s) { s.bound.parts.resize(1); },
       {{"bound", "/bound/parts", "there is 1 part; wanted at least 2"}}},
      {"parts that leave out a rank",
       star4_allreduce(),
       [](Schedule& s) { s.bound.parts.pop_back(); },
       {{"bound", "/bound/parts", "rank 3 (\"g3\") is in no part"}}},
      {"parts that overlap",
       star4_allreduce(),
       [](Schedule& s) {
         s.bound.parts[0].push_back(NodeId{4});
         s.bound.parts[2].push_back(NodeId{4});
       },
       {{"bound", "/bound/parts/2", "\"s\" is in part 0 too; wanted disjoint parts"}}},
      {"a part with a node twice",
       star4_allreduce(),
       [](Schedule& s) { s.bound.parts[1].push_back(NodeId{1}); },
       {{"bound", "/bound/parts/1/1", "\"g1\" stands here twice"}}},
      {"a part without a rank",
       star4_allreduce(),
       [](Schedule& s) { s.bound.parts.push_back({NodeId{4}}); },
       {{"bound", "/bound/parts/4", "the part holds no rank"}}},
      {"parts that give another bound",
       star4_allreduce(),
       [](Schedule& s) {
         s.bound.parts = {{NodeId{0}}, {NodeId{1}}, {NodeId{2}, NodeId{3}, NodeId{4}}};
       },
       {{"bound", "/bound/algbw", "the stated bound is 200/3 GB/s; its witness gives 100"}}},
  };
  return cases;
}

TEST_CASE("each rule finds what breaks it, and no other rule complains") {
  for (const Broken& broken : broken_schedules()) {
    CAPTURE(broken.name);
    REQUIRE(verify_schedule(broken.schedule).valid());
    Schedule schedule = broken.schedule;
    broken.damage(schedule);
    // The digest has its own case; here it must not hide or add anything.
    schedule.topology_digest = broken.wanted[0].rule == "index"
                                   ? schedule.topology_digest
                                   : topology_digest(schedule.topology);
    const auto found = verify_schedule(schedule).violations;
    CHECK(found.size() == broken.wanted.size());
    for (std::size_t i = 0; i < std::min(found.size(), broken.wanted.size()); ++i) {
      CHECK(found[i].rule == broken.wanted[i].rule);
      CHECK(found[i].where == broken.wanted[i].where);
      CHECK(found[i].message == broken.wanted[i].message);
    }
  }
}

TEST_CASE("the digest must be that of the machine in the file") {
  Schedule schedule = star4_allgather();
  const std::string digest = schedule.topology_digest;
  schedule.topology.nodes[4].id = "switch";
  const auto found = verify_schedule(schedule).violations;
  REQUIRE(found.size() == 1);
  CHECK(found[0].rule == "digest");
  CHECK(found[0].where == "/topology/digest");
  CHECK(found[0].message == "the digest of the nodes, links and ranks in this file is " +
                                topology_digest(schedule.topology) + ", the stated one is " +
                                digest);
}

TEST_CASE("one rank is no machine") {
  Schedule schedule = star4_allgather();
  schedule.topology.ranks.resize(1);
  schedule.broadcast_trees.clear();
  const auto found = verify_schedule(schedule).violations;
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].message == "there is only one rank");
  CHECK(verify_schedule(Schedule{}).violations.size() >= 1);
}

TEST_CASE("cuts are searched only while nothing else is wrong") {
  Schedule schedule = star4_slow_broadcast();
  schedule.bound = {.algbw = 300, .cut = {NodeId{0}, NodeId{4}}, .parts = {}};
  const Verification searched = verify_schedule(schedule);
  REQUIRE(searched.violations.size() == 1);
  CHECK(searched.violations[0].where == "/bound/cut");
  CHECK(searched.bound_algbw == Rational(100));
  CHECK(searched.bound_is_least);

  schedule.algbw = 31;
  const Verification broken = verify_schedule(schedule);
  REQUIRE(broken.violations.size() == 1);
  CHECK(broken.violations[0].rule == "algbw");
  CHECK(broken.bound_algbw == Rational(300));
  CHECK_FALSE(broken.bound_is_least);
}

TEST_CASE("shares without a common denominator of a thousand digits are refused") {
  Schedule schedule = star4_allgather();
  const Integer long_one = *Integer::parse("1" + std::string(999, '0'));  // a thousand digits
  ScheduleTree& tree = schedule.broadcast_trees[2];
  ScheduleTree rest = tree;
  rest.share = Rational(1, long_one);
  tree.share -= rest.share;
  schedule.broadcast_trees.push_back(rest);
  CHECK(verify_schedule(schedule).valid());

  schedule.broadcast_trees.back().share = Rational(1, long_one * 10);
  const Verification verification = verify_schedule(schedule);
  REQUIRE(verification.violations.size() == 1);
  CHECK(verification.violations[0] ==
        Violation{"share", "/broadcast_trees/4/share",
                  "the shares up to this one have a common denominator of more than 1000 digits; "
                  "wanted fewer"});
  CHECK(verification.algbw == Rational(0));
}

TEST_CASE("a schedule whose routes can not be followed has no rate") {
  Schedule schedule = star4_allgather();
  schedule.topology.links.erase(schedule.topology.links.begin());
  schedule.topology_digest = topology_digest(schedule.topology);
  const Verification verification = verify_schedule(schedule);
  CHECK(verification.algbw == Rational(0));
  CHECK(verification.bound_algbw == schedule.bound.algbw);  // what its witness allows
  CHECK_FALSE(verification.bound_is_least);  // that g0 sends to nobody was not searched
  REQUIRE_FALSE(verification.valid());
  CHECK(verification.violations[0].rule == "route");
}

TEST_CASE("of many violations of a rule the first are told and the rest counted") {
  Schedule schedule = star4_allgather();
  for (int i = 0; i < 50; ++i) add_route(schedule, {2, 3});
  const auto found = verify_schedule(schedule).violations;
  REQUIRE(found.size() == 21);
  CHECK(found.back() == Violation{"route", "", "and 30 more violations of this rule"});
}

}  // namespace
}  // namespace pleach
