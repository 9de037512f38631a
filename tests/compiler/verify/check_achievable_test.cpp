#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "compiler/topology/digest.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "tests/compiler/verify/example_schedules.hpp"

namespace pleach {
namespace {

// star4 with g0 -> s at half its rate. 350 GB/s enter the switch, and what leaves it is 3/4 of the
// buffer for each of 4 GPUs: at most 350/3. The cuts alone allow 400/3 still.
//
// Each "all but g" holds 3/4 of the buffer, so weights of 1/3 add up to 1; with a potential of 1/3
// at s the links into s count 1/3 of their rate, those out of it nothing.
Schedule half_port() {
  Schedule schedule = star4_allgather();
  for (Link& link : schedule.topology.links) {
    if (link.from == NodeId{0}) link.bandwidth = {50};
  }
  schedule.topology_digest = topology_digest(schedule.topology);
  schedule.algbw = Rational(200, 3);  // each root sends its quarter three times: 50 / (3/4)
  Achievable achievable{Rational(350, 3), {}, {{NodeId{4}, Rational(1, 3)}}};
  for (int missing = 0; missing < 4; ++missing) {
    WeightedCut cut{{}, Rational(1, 3)};
    for (int node = 0; node < 5; ++node) {
      if (node != missing) cut.nodes.push_back(NodeId{node});
    }
    achievable.cuts.push_back(cut);
  }
  schedule.bound.achievable = achievable;
  return schedule;
}

TEST_CASE("a proof by several cuts and a potential") {
  const Verification verification = verify_schedule(half_port());
  for (const Violation& v : verification.violations) FAIL_CHECK(v.rule << ": " << v.message);
  CHECK(verification.algbw == Rational(200, 3));
  CHECK(verification.bound_algbw == Rational(400, 3));
  CHECK(verification.best_algbw == Rational(350, 3));
}

TEST_CASE("without a proof the best is the bound of the cut") {
  CHECK(verify_schedule(star4_allgather()).best_algbw == Rational(400, 3));
}

TEST_CASE("a reduce_scatter's links count reversed") {
  Schedule schedule = star4_reduce_scatter();
  for (Link& link : schedule.topology.links) {
    if (link.to == NodeId{0}) link.bandwidth = {50};
  }
  schedule.topology_digest = topology_digest(schedule.topology);
  schedule.algbw = Rational(200, 3);
  schedule.bound.achievable = half_port().bound.achievable;
  const Verification verification = verify_schedule(schedule);
  for (const Violation& v : verification.violations) FAIL_CHECK(v.rule << ": " << v.message);
  CHECK(verification.best_algbw == Rational(350, 3));
}

TEST_CASE("what is no proof is told") {
  struct Case {
    std::string message;
    std::function<void(Schedule&)> damage;
  };
  const std::vector<Case> cases = {
      {"the stated limit is 120 GB/s; its proof gives 350/3",
       [](Schedule& s) { s.bound.achievable->algbw = 120; }},
      {"the weights, each times the share of the buffer in its set, add up to 3/4; wanted 1",
       [](Schedule& s) { s.bound.achievable->cuts.pop_back(); }},
      {"the weights, each times the share of the buffer in its set, add up to 0; wanted 1",
       [](Schedule& s) { s.bound.achievable->cuts.clear(); }},
      {"the weight is -1/3; wanted above 0",
       [](Schedule& s) { s.bound.achievable->cuts[2].weight = Rational(-1, 3); }},
      {"the set holds all ranks",
       [](Schedule& s) {
         s.bound.achievable->cuts[1].nodes = {NodeId{0}, NodeId{1}, NodeId{2}, NodeId{3}};
       }},
      {"\"g1\" stands here twice",
       [](Schedule& s) {
         s.bound.achievable->cuts[0].nodes = {NodeId{1}, NodeId{1}};
       }},
      {"\"g2\" has a rank, or stands here twice",
       [](Schedule& s) { s.bound.achievable->potentials[0].node = NodeId{2}; }},
      {"\"s\" has a rank, or stands here twice",
       [](Schedule& s) {
         s.bound.achievable->potentials.push_back({NodeId{4}, 1});
       }},
      {"there is no node 9; there are 5, counted from 0",
       [](Schedule& s) { s.bound.achievable->potentials[0].node = NodeId{9}; }},
      {"there is no node 7; there are 5, counted from 0",
       [](Schedule& s) { s.bound.achievable->cuts[3].nodes[0] = NodeId{7}; }},
      {"the proof is for one direction; the collective is allreduce",
       [](Schedule& s) {
         const Achievable achievable = *s.bound.achievable;
         s = star4_allreduce();
         s.bound.achievable = achievable;
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    Schedule schedule = half_port();
    c.damage(schedule);
    const Verification verification = verify_schedule(schedule);
    REQUIRE(verification.violations.size() == 1);
    CHECK(verification.violations.front().message == c.message);
  }
}

}  // namespace
}  // namespace pleach
