#include "compiler/explain/explain.hpp"

#include <random>
#include <set>

#include <doctest/doctest.h>

#include "compiler/passes/compute_bound.hpp"
#include "tests/compiler/explain/machines.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach {
namespace {

using testing::capacity_across;
using testing::catalogue_machine;

// The doubled machine, made anew from the links that the explanation names.
Topology doubled(const Topology& topology, const Explanation& explanation) {
  std::set<std::pair<NodeId, NodeId>> ends;
  const auto name = [&](const CrossingClass& places) {
    for (const Crossing& member : places.members) {
      for (const auto* links : {&member.links, &member.in_series}) {
        for (const LinkId id : *links) {
          const Link& link = topology.links[index(id)];
          ends.insert({link.from, link.to});
          ends.insert({link.to, link.from});
        }
      }
    }
  };
  for (const FlowLimits& flow : explanation.flows) {
    name(flow.bottleneck);
    for (const CrossingClass& tight : flow.also_tight) name(tight);
    if (!flow.balance) continue;
    for (const CountedLinks& counted : flow.balance->counted) {
      for (const LinkId id : counted.links) {
        const Link& link = topology.links[index(id)];
        ends.insert({link.from, link.to});
        ends.insert({link.to, link.from});
      }
    }
  }
  Topology faster = topology;
  std::size_t count = 0;
  for (Link& link : faster.links) {
    if (ends.count({link.from, link.to}) == 0) continue;
    link.bandwidth.gigabytes_per_second *= 2;
    ++count;
  }
  CHECK(count == explanation.doubled.links);
  return faster;
}

TEST_CASE("doubled links: the rate is that of the machine with these links doubled") {
  for (const char* name : {"dgx-h100-x4", "dgx-a100-x2", "mi250-x2", "nvl72", "a100-h100-mix"}) {
    for (const Collective collective : kCollectives) {
      CAPTURE(name);
      CAPTURE(name_of(collective));
      const Topology topology = catalogue_machine(name);
      const Explanation explanation = explain(topology, collective);
      const Bound faster = compute_bound(doubled(topology, explanation), collective);
      CHECK(explanation.doubled.algbw == faster.best());
      CHECK(explanation.doubled.algbw >= explanation.bound.best());
      CHECK(explanation.doubled.algbw <= explanation.bound.best() * 2);
      CHECK(explanation.doubled.bottlenecks.size() == explanation.flows.size());
    }
  }
}

TEST_CASE("random machines: doubled links, unbalanced forwarders, the proof of an allreduce") {
  std::mt19937_64 random(61);
  int cuts = 0;
  int parts = 0;
  for (int round = 0; round < 150; ++round) {
    CAPTURE(round);
    const Topology topology = testing::random_unbalanced(
        random, {.ranks = 2 + round % 5, .switches = round % 4, .rate_bits = 3});
    const Explanation explanation = explain(topology, Collective::AllReduce);
    CHECK(explanation.doubled.algbw ==
          compute_bound(doubled(topology, explanation), Collective::AllReduce).best());

    std::set<NodeId> unbalanced;
    for (const UnbalancedNode& node : explanation.unbalanced) {
      unbalanced.insert(node.node);
      CHECK(node.capacity_in == capacity_across(topology, {node.node}, Direction::Entering));
      CHECK(node.capacity_out == capacity_across(topology, {node.node}, Direction::Leaving));
    }
    for (std::size_t i = 0; i < topology.num_nodes(); ++i) {
      const auto node = static_cast<NodeId>(i);
      const bool differs = capacity_across(topology, {node}, Direction::Entering) !=
                           capacity_across(topology, {node}, Direction::Leaving);
      const bool forwards = topology.nodes[i].type != NodeType::Gpu;
      CHECK((unbalanced.count(node) > 0) == (forwards && differs));
    }

    REQUIRE(explanation.proof);
    const AllReduceProof& proof = *explanation.proof;
    Rational sum;
    for (const auto& part : proof.parts) sum += capacity_across(topology, part, proof.direction);
    CHECK(sum == proof.capacity);
    CHECK(proof.capacity / proof.buffers == explanation.bound.upper_bound);
    (proof.parts.size() == 1 ? cuts : parts) += 1;
    if (proof.parts.size() == 1) CHECK(proof.buffers == Integer(1));
    if (proof.parts.size() > 1) {
      CHECK(proof.buffers == Integer(2 * (static_cast<std::int64_t>(proof.parts.size()) - 1)));
    }
  }
  CHECK(cuts > 0);
  CHECK(parts > 0);
}

TEST_CASE("a cable that is slow one way is found, and what mending it gives") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"12 GB/s","for":{"g":"0-2"}},
      {"from":"s","to":"g3","bandwidth":"6 GB/s"},{"from":"g3","to":"s","bandwidth":"12 GB/s"}]})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  REQUIRE(explanation.lopsided.size() == 1);
  const LopsidedLink& link = explanation.lopsided.front();
  CHECK(topology.node(link.from).id == "s");
  CHECK(topology.node(link.to).id == "g3");
  CHECK(link.capacity == Rational(6));
  CHECK(link.reverse == Rational(12));
  CHECK(explanation.bound.best() == Rational(8));
  CHECK(explanation.evened_algbw == Rational(16));
}

TEST_CASE("a direction that is missing; and a ring that has only one by design") {
  const Topology missing = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}}],"links":[
      {"between":["g0","g1"],"bandwidth":"5 GB/s"},{"between":["g1","g2"],"bandwidth":"5 GB/s"},
      {"between":["g2","g3"],"bandwidth":"5 GB/s"},{"from":"g3","to":"g0","bandwidth":"5 GB/s"}]})");
  const Explanation explanation = explain(missing, Collective::AllGather);
  REQUIRE(explanation.lopsided.size() == 1);
  CHECK(missing.node(explanation.lopsided.front().from).id == "g0");
  CHECK(explanation.lopsided.front().capacity == Rational(0));
  CHECK(explanation.evened_algbw == Rational(40, 3));
  const Topology ring = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}}],"links":[
      {"from":"g{g}","to":"g{(g+1)%4}","bandwidth":"5 GB/s","for":{"g":"0-3"}}]})");
  CHECK(explain(ring, Collective::AllGather).lopsided.empty());
}

TEST_CASE("no proof but for an allreduce, no comparison where all are alike") {
  const Explanation explanation = explain(catalogue_machine("torus-4x4"), Collective::AllGather);
  CHECK(!explanation.proof);
  CHECK(!explanation.flows.front().comparison);
  CHECK(explanation.unbalanced.empty());
  CHECK(explanation.flows.front().bottleneck.members.size() == 16);
  CHECK(explanation.flows.front().next.empty());
  CHECK(explanation.flows.front().places_examined == 32);
}

TEST_CASE("the same machine, the same explanation") {
  const Topology topology = testing::h100_boxes(4, R"({"remove":"box2/nic3"})");
  CHECK(explain(topology, Collective::AllReduce) == explain(topology, Collective::AllReduce));
}

TEST_CASE("rates that overflow 64 bits when they are made whole") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"0.000000001 GB/s","for":{"g":"0-1"}},
      {"between":["g2","s"],"bandwidth":"123456789012345678901.1 TB/s"},
      {"between":["g3","s"],"bandwidth":"7 GB/s"}]})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  CHECK(explanation.bound.algbw == Rational(4, 3) * Rational(1, 1'000'000'000));
  CHECK(explanation.flows.front().bottleneck.members.size() == 2);
}

}  // namespace
}  // namespace pleach
