#include "compiler/passes/build_schedule.hpp"

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "compiler/verify/verify_schedule.hpp"

namespace pleach {
namespace {

// Two GPUs with two ways between them, 2 GB/s by s and 1 GB/s by t:
//
//      /- s -\      Both ways 3 GB/s leave a GPU, so an allgather reaches 6 GB/s: half of the
//   g0        g1    buffer crosses in each direction.
//      \- t -/
const NodeId g0{0};
const NodeId g1{1};
const NodeId s{2};
const NodeId t{3};

Topology two_ways() {
  Topology topology;
  topology.name = "two ways";
  topology.nodes = {{"g0", NodeType::Gpu},
                    {"g1", NodeType::Gpu},
                    {"s", NodeType::Switch},
                    {"t", NodeType::Switch}};
  for (const auto& [through, rate] : {std::pair(s, 2), std::pair(t, 1)}) {
    for (const NodeId gpu : {g0, g1}) {
      topology.links.push_back({gpu, through, {Rational(rate)}, {}});
      topology.links.push_back({through, gpu, {Rational(rate)}, {}});
    }
  }
  topology.ranks = {g0, g1};
  return topology;
}

PackedGraph packed() {
  PackedGraph packed;
  packed.graph.trees = {3, 3};
  packed.graph.edges = {{0, 1, 3, {{{g0, s, g1}, 2}, {{g0, t, g1}, 1}}},
                        {1, 0, 3, {{{g1, s, g0}, 2}, {{g1, t, g0}, 1}}}};
  packed.forest = {{0, 1, {0}}, {0, 2, {0}}, {1, 3, {1}}};
  return packed;
}

Bound bound_of(Collective collective, Rational rate) {
  Bound bound;
  bound.collective = collective;
  bound.upper_bound = rate;
  bound.upper_cut.nodes = {g0};
  return bound;
}

TEST_CASE("an edge's capacity is handed out route by route, in order") {
  const Schedule schedule =
      build_schedule(two_ways(), bound_of(Collective::AllGather, 6), packed(), {});
  CHECK(schedule.routes == std::vector<Route>{{g0, s, g1}, {g0, t, g1}, {g1, s, g0}, {g1, t, g0}});
  CHECK(schedule.broadcast_trees == std::vector<ScheduleTree>{{0, Rational(1, 6), {0}},
                                                              {0, Rational(1, 6), {0}},
                                                              {0, Rational(1, 6), {1}},
                                                              {1, Rational(1, 3), {2}},
                                                              {1, Rational(1, 6), {3}}});
  CHECK(schedule.algbw == Rational(6));
  CHECK(verify_schedule(schedule).valid());
}

TEST_CASE("a reduce-scatter runs the routes backwards") {
  const Schedule schedule =
      build_schedule(two_ways(), bound_of(Collective::ReduceScatter, 6), {}, packed());
  CHECK(schedule.routes == std::vector<Route>{{g1, s, g0}, {g1, t, g0}, {g0, s, g1}, {g0, t, g1}});
  CHECK(schedule.reduce_trees.size() == 5);
  CHECK(schedule.algbw == Rational(6));
  CHECK(verify_schedule(schedule).valid());
}

TEST_CASE("the two directions of an allreduce share routes and add up their loads") {
  PackedGraph whole = packed();
  PackedGraph half = packed();  // another denominator
  half.graph.trees = {6, 6};
  for (LogicalEdge& edge : half.graph.edges) {
    edge.capacity *= 2;
    for (RoutePiece& piece : edge.pieces) piece.amount *= 2;
  }
  for (OutTree& tree : half.forest) tree.multiplicity *= 2;
  const Schedule schedule =
      build_schedule(two_ways(), bound_of(Collective::AllReduce, 3), whole, half);
  CHECK(schedule.routes.size() == 4);
  CHECK(schedule.broadcast_trees.size() == 5);
  CHECK(schedule.reduce_trees.front().routes == std::vector<int>{2});
  CHECK(schedule.algbw == Rational(3));
  CHECK(verify_schedule(schedule).valid());
}

TEST_CASE("multiplicities beyond 64 bits") {
  const Integer factor = *Integer::parse("1000000000000000000000000");
  PackedGraph large = packed();
  for (Integer& trees : large.graph.trees) trees *= factor;
  for (LogicalEdge& edge : large.graph.edges) {
    edge.capacity *= factor;
    for (RoutePiece& piece : edge.pieces) piece.amount *= factor;
  }
  for (OutTree& tree : large.forest) tree.multiplicity *= factor;
  const Bound bound = bound_of(Collective::AllGather, 6);
  CHECK(build_schedule(two_ways(), bound, large, {}) ==
        build_schedule(two_ways(), bound, packed(), {}));
}

TEST_CASE("a forest that needs more than an edge has, or a link that is not there, is refused") {
  const Bound bound = bound_of(Collective::AllGather, 6);
  PackedGraph greedy = packed();
  greedy.forest[0].multiplicity = 2;
  CHECK_THROWS_AS(static_cast<void>(build_schedule(two_ways(), bound, greedy, {})), InternalError);
  PackedGraph lost = packed();
  lost.graph.edges[0].pieces[0].route = {g0, g1};
  CHECK_THROWS_AS(static_cast<void>(build_schedule(two_ways(), bound, lost, {})), InternalError);
}

}  // namespace
}  // namespace pleach
