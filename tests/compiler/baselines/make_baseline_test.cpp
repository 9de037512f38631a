#include "compiler/baselines/make_baseline.hpp"

#include <map>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "compiler/ir/tree_height.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "compiler/verify/verify_schedule.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach::baselines {
namespace {

struct Made {
  Baseline baseline;
  Rational share;  // of the best rate
};

Made make(const std::string& name,
          const Topology& topology,
          Collective collective = Collective::AllGather) {
  const Bound bound = compute_bound(topology, collective);
  Made made{.baseline = BaselineMaker(topology, bound).make(name), .share = {}};
  made.share = made.baseline.algbw / bound.best();
  return made;
}

Made make(const std::string& name,
          const std::string& machine,
          Collective collective = Collective::AllGather) {
  return make(name, testing::machine(machine), collective);
}

// Every baseline that gives a schedule: verify finds nothing and computes the same rate.
// Returns how many there were.
int check_all(const Topology& topology, Collective collective, int root) {
  const Bound bound = compute_bound(topology, collective, root);
  BaselineMaker maker(topology, bound);
  int schedules = 0;
  for (const std::string_view name : BaselineMaker::names()) {
    CAPTURE(name);
    CAPTURE(name_of(collective));
    CAPTURE(topology.name);
    const Baseline baseline = maker.make(name);
    CHECK(baseline.name == name);
    CHECK((baseline.applies() || !baseline.note.empty()));
    if (!baseline.schedule) continue;
    ++schedules;
    CHECK(baseline.applies());
    CHECK(baseline.algbw <= bound.upper_bound);
    if (baseline.waiting_algbw) CHECK(*baseline.waiting_algbw <= baseline.algbw);
    const Verification verification = verify_schedule(*baseline.schedule);
    for (const Violation& violation : verification.violations) FAIL_CHECK(violation.message);
    CHECK(verification.algbw == baseline.algbw);
    CHECK(baseline.schedule->collective == collective);
    // The machine itself, or the machine with relays.
    if (baseline.note.find("through other GPUs") == std::string::npos) {
      CHECK(baseline.schedule->topology == topology);
    } else {
      CHECK(baseline.schedule->topology.num_nodes() == topology.num_nodes() + topology.num_ranks());
    }
  }
  return schedules;
}

TEST_CASE("every baseline of every collective verifies on the catalogue") {
  for (const char* name :
       {"dgx-a100-x2", "dgx-h100-x1", "mi250-x1", "dgx-1v", "torus-3x4", "hypercube-3",
        "mesh-full-5", "ring-6", "fat-tree-16-over2", "a100-h100-mix"}) {
    const Topology topology = testing::machine(name);
    for (const Collective collective : kCollectives) {
      CHECK(check_all(topology, collective, has_root(collective) ? 3 : 0) >= 4);
    }
  }
}

TEST_CASE("every baseline verifies on random machines, and none beats the bound") {
  std::mt19937_64 random(17);
  for (int trial = 0; trial < 120; ++trial) {
    const testing::RandomMachine shape{.ranks = 2 + trial % 6,
                                       .switches = 1 + trial % 3,
                                       .cycles = 4 + trial % 5,
                                       .extra_links = trial % 7};
    const Topology topology = trial % 3 == 0   ? testing::random_balanced(random, shape)
                              : trial % 3 == 1 ? testing::random_unbalanced(random, shape)
                                               : testing::random_faulty(random, shape);
    const Collective collective = kCollectives[static_cast<std::size_t>(trial) % 5];
    CHECK(check_all(topology, collective, has_root(collective) ? 1 : 0) >= 3);
  }
}

TEST_CASE("a ring on one switch is optimal, and so are several on cycles and meshes") {
  CHECK(make("ring", "dgx-h100-x1").share == Rational(1));
  CHECK(make("ring", "nvl72", Collective::AllReduce).share == Rational(1));
  CHECK(make("multi-ring", "nvl72").baseline.note == "one ring is as good as several");
  // One direction of a cycle is half of it.
  CHECK(make("ring", "ring-8").share == Rational(1, 2));
  CHECK(make("multi-ring", "ring-8").share == Rational(1));
  // An allreduce goes round in both.
  CHECK(make("ring", "ring-8", Collective::AllReduce).share == Rational(1, 2));
  CHECK(make("multi-ring", "dgx-1v").share == Rational(1));
  CHECK(make("multi-ring", "torus-4x4").share == Rational(1));
  CHECK(make("multi-ring", "torus-8x8").share == Rational(1));
}

TEST_CASE("boxes on rails: 8 rings cross with all NICs but never use them beside NVLink") {
  // 400 GB/s leave a box; each ring carries 15 of 16 parts. The optimum is 500 * 16/15.
  const Made two = make("multi-ring", "dgx-h100-x2");
  CHECK(two.baseline.algbw == Rational(400 * 16, 15));
  CHECK(two.share == Rational(4, 5));
  CHECK(make("multi-ring", "dgx-h100-x4").share == Rational(4, 5));
  CHECK(make("ring", "dgx-h100-x2").share == Rational(1, 10));
  // (N-1)/N of the buffer comes in over NVLink alone but what the rail brings: 7 of 8 parts.
  const Made hierarchical = make("hierarchical-ring", "dgx-h100-x2");
  CHECK(hierarchical.baseline.algbw == Rational(450 * 8, 7));
  // The rail's part first, 1/16 at 50 GB/s, then 7/8 at 450 GB/s.
  CHECK(hierarchical.baseline.waiting_algbw ==
        Rational(1) / (Rational(1, 16 * 50) + Rational(7, 8 * 450)));
}

TEST_CASE("recursive doubling: fine on a hypercube while it need not wait, poor on a torus") {
  // The last of three steps carries 4 of 8 parts over its own links; all together carry 7.
  const Made cube = make("recursive-doubling", "hypercube-3");
  CHECK(cube.baseline.algbw == Rational(100));
  CHECK(cube.baseline.waiting_algbw == Rational(50 * 8, 7));
  CHECK(tree_heights(*cube.baseline.schedule).max == 3);
  CHECK(make("recursive-doubling", "torus-8x8").share < Rational(1, 5));
  CHECK(make("recursive-doubling", "nvl72").baseline.note == "8 ranks folded onto a power of two");
}

TEST_CASE("direct sends are optimal where each pair has its own link, and never higher than 1") {
  const Made mesh = make("direct", "mesh-full-6");
  CHECK(mesh.share == Rational(1));
  CHECK(tree_heights(*mesh.baseline.schedule).max == 1);
  CHECK(make("direct", "torus-4x4").share < Rational(1, 2));
}

TEST_CASE("greedy matching fills a mesh; what it takes is what its links need") {
  const Made mesh = make("greedy", "mesh-full-6");
  CHECK(mesh.share == Rational(1));
  CHECK(mesh.baseline.waiting_algbw == mesh.baseline.algbw);
  CHECK(make("greedy", "ring-4", Collective::Broadcast).baseline.schedule == std::nullopt);
}

TEST_CASE("no rank has children in both trees of a double binary tree") {
  for (int ranks = 2; ranks <= 20; ++ranks) {
    const Topology topology = testing::machine("mesh-full-" + std::to_string(ranks));
    for (const Collective collective : {Collective::AllReduce, Collective::Broadcast}) {
      const Baseline baseline = make("double-binary-tree", topology, collective).baseline;
      REQUIRE(baseline.schedule);
      const Schedule& schedule = *baseline.schedule;
      REQUIRE(schedule.broadcast_trees.size() == 2);
      std::set<NodeId> parents;
      for (const ScheduleTree& tree : schedule.broadcast_trees) {
        std::set<NodeId> here;
        std::map<NodeId, int> children;
        for (const int route : tree.routes) {
          const NodeId parent = schedule.routes[static_cast<std::size_t>(route)].front();
          CHECK(++children[parent] <= 2);
          if (collective == Collective::Broadcast && parent == topology.ranks[0]) continue;
          here.insert(parent);
        }
        for (const NodeId parent : here) CHECK(parents.insert(parent).second);
      }
    }
  }
}

TEST_CASE("NCCL's trees: chains in the boxes, one pair of trees for each GPU of a box") {
  const Baseline baseline = make("nccl-tree", "dgx-h100-x4", Collective::AllReduce).baseline;
  REQUIRE(baseline.schedule);
  CHECK(baseline.schedule->broadcast_trees.size() == 16);
  CHECK(baseline.schedule->broadcast_trees.front().share == Rational(1, 16));
  CHECK(make("nccl-tree", "nvl72", Collective::AllReduce).baseline.note ==
        "the machine has one box");
}

}  // namespace
}  // namespace pleach::baselines
