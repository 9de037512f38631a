#include "tests/compiler/verify/example_schedules.hpp"

#include <string>

#include "compiler/topology/digest.hpp"

namespace pleach {
namespace {

void add_cable(Topology& topology, int a, int b, std::int64_t rate) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    topology.links.push_back({.from = NodeId{from},
                              .to = NodeId{to},
                              .bandwidth = {Rational(rate)},
                              .latency = {Rational(1, 4)}});
  }
}

void add_gpus(Topology& topology, int count) {
  for (int i = 0; i < count; ++i) {
    topology.nodes.push_back({.id = "g" + std::to_string(i), .type = NodeType::Gpu});
    topology.ranks.push_back(NodeId{i});
  }
}

Schedule empty_schedule(Collective collective, Topology topology) {
  Schedule schedule;
  schedule.collective = collective;
  schedule.topology = std::move(topology);
  schedule.topology_digest = topology_digest(schedule.topology);
  schedule.generator = {.tool = "hand", .version = "1", .method = "hand"};
  return schedule;
}

// The way from one GPU of star4 to another.
std::vector<int> through_switch(int from, int to) { return {from, 4, to}; }

// Every root to every rank, or, for in-trees, every rank to every root.
std::vector<ScheduleTree> direct_trees(Schedule& schedule, bool to_root) {
  const int ranks = static_cast<int>(schedule.topology.num_ranks());
  const bool has_switch = schedule.topology.num_nodes() > schedule.topology.num_ranks();
  std::vector<ScheduleTree> trees;
  for (int root = 0; root < ranks; ++root) {
    ScheduleTree& tree = trees.emplace_back();
    tree.root = root;
    tree.share = Rational(1, ranks);
    for (int other = 0; other < ranks; ++other) {
      if (other == root) continue;
      const int from = to_root ? other : root;
      const int to = to_root ? root : other;
      tree.routes.push_back(
          add_route(schedule, has_switch ? through_switch(from, to) : std::vector<int>{from, to}));
    }
  }
  return trees;
}

}  // namespace

int add_route(Schedule& schedule, const std::vector<int>& nodes) {
  Route& route = schedule.routes.emplace_back();
  for (const int node : nodes) route.push_back(NodeId{node});
  return static_cast<int>(schedule.routes.size()) - 1;
}

Topology ring3() {
  Topology topology;
  topology.name = "ring3";
  add_gpus(topology, 3);
  for (int i = 0; i < 3; ++i) add_cable(topology, i, (i + 1) % 3, 10);
  return topology;
}

Topology star4() {
  Topology topology;
  topology.name = "star4";
  add_gpus(topology, 4);
  topology.nodes.push_back({.id = "s", .type = NodeType::Switch});
  for (int i = 0; i < 4; ++i) add_cable(topology, i, 4, 100);
  return topology;
}

Schedule ring3_allgather() {
  Schedule schedule = empty_schedule(Collective::AllGather, ring3());
  schedule.broadcast_trees = direct_trees(schedule, false);
  schedule.algbw = 30;
  // Two ranks inside, two links of 10 leave: 3 * 20 / 2.
  schedule.bound = {.algbw = 30, .cut = {NodeId{0}, NodeId{1}}, .parts = {}};
  return schedule;
}

Schedule star4_allgather() {
  Schedule schedule = empty_schedule(Collective::AllGather, star4());
  schedule.broadcast_trees = direct_trees(schedule, false);
  schedule.algbw = Rational(400, 3);
  // All but g3: 4 * 100 / 3.
  schedule.bound = {
      .algbw = Rational(400, 3), .cut = {NodeId{0}, NodeId{1}, NodeId{2}, NodeId{4}}, .parts = {}};
  return schedule;
}

Schedule star4_reduce_scatter() {
  Schedule schedule = empty_schedule(Collective::ReduceScatter, star4());
  schedule.reduce_trees = direct_trees(schedule, true);
  schedule.algbw = Rational(400, 3);
  schedule.bound = {
      .algbw = Rational(400, 3), .cut = {NodeId{0}, NodeId{1}, NodeId{2}, NodeId{4}}, .parts = {}};
  return schedule;
}

Schedule star4_allreduce() {
  Schedule schedule = empty_schedule(Collective::AllReduce, star4());
  schedule.broadcast_trees = direct_trees(schedule, false);
  schedule.reduce_trees = direct_trees(schedule, true);
  schedule.algbw = Rational(200, 3);
  // 400 enters the four GPUs, and 400 leaves them: 400 / (2 * 3).
  schedule.bound = {.algbw = Rational(200, 3),
                    .cut = {},
                    .parts = {{NodeId{0}}, {NodeId{1}}, {NodeId{2}}, {NodeId{3}}}};
  return schedule;
}

Schedule star4_broadcast() {
  Schedule schedule = empty_schedule(Collective::Broadcast, star4());
  ScheduleTree& tree = schedule.broadcast_trees.emplace_back();
  tree.share = 1;
  for (int i = 0; i < 3; ++i) {
    tree.routes.push_back(add_route(schedule, through_switch(i, i + 1)));
  }
  schedule.algbw = 100;
  schedule.bound = {.algbw = 100, .cut = {NodeId{0}}, .parts = {}};
  return schedule;
}

Schedule star4_reduce() {
  Schedule schedule = empty_schedule(Collective::Reduce, star4());
  ScheduleTree& tree = schedule.reduce_trees.emplace_back();
  tree.share = 1;
  for (int i = 3; i > 0; --i) {
    tree.routes.push_back(add_route(schedule, through_switch(i, i - 1)));
  }
  schedule.algbw = 100;
  schedule.bound = {.algbw = 100, .cut = {NodeId{0}}, .parts = {}};  // what enters g0
  return schedule;
}

Schedule star4_slow_broadcast() {
  Schedule schedule = empty_schedule(Collective::Broadcast, star4());
  ScheduleTree& tree = schedule.broadcast_trees.emplace_back();
  tree.share = 1;
  for (int i = 1; i < 4; ++i) tree.routes.push_back(add_route(schedule, through_switch(0, i)));
  schedule.algbw = Rational(100, 3);
  schedule.bound = {.algbw = 100, .cut = {NodeId{0}}, .parts = {}};
  return schedule;
}

std::vector<Schedule> example_schedules() {
  return {ring3_allgather(), star4_allgather(), star4_reduce_scatter(), star4_allreduce(),
          star4_broadcast(), star4_reduce(),    star4_slow_broadcast()};
}

}  // namespace pleach
