#include "compiler/explain/compare_peers.hpp"

#include <doctest/doctest.h>

#include "compiler/explain/explain.hpp"
#include "tests/compiler/explain/machines.hpp"

namespace pleach {
namespace {

using testing::h100_boxes;
using testing::link_names;
using Names = std::vector<std::string>;

const FlowLimits& only_flow(const Explanation& explanation) { return explanation.flows.front(); }

TEST_CASE("a dead NIC is named, with what the other boxes have") {
  const Topology topology = h100_boxes(16, R"({"remove":"box2/nic3"})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  const FlowLimits& flow = only_flow(explanation);
  CHECK(flow.bottleneck.front().place.name == "box2");
  REQUIRE(flow.comparison);
  CHECK(flow.comparison->peers.members.size() == 15);
  CHECK(flow.comparison->peers.front().capacity == Rational(400));
  REQUIRE(flow.comparison->shortages.size() == 1);
  const LinkShortage& shortage = flow.comparison->shortages.front();
  CHECK(shortage.from == "leaf*");
  CHECK(shortage.to == "box*/nic*");
  CHECK(shortage.links == 7);
  CHECK(shortage.capacity == Rational(350));
  CHECK(shortage.peer_links == 8);
  CHECK(shortage.peer_capacity == Rational(400));
  CHECK(shortage.missing == Names{"leaf3 -> box2/nic3"});
  CHECK(shortage.slower.empty());
  CHECK(flow.comparison->repaired_algbw == Rational(1280, 3));
}

TEST_CASE("a slow cable is named") {
  const Topology topology = h100_boxes(16, R"({"link":["box1/nic3","leaf3"],"scale":0.5})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  const FlowLimits& flow = only_flow(explanation);
  REQUIRE(flow.comparison);
  REQUIRE(flow.comparison->shortages.size() == 1);
  const LinkShortage& shortage = flow.comparison->shortages.front();
  CHECK(shortage.links == 8);
  CHECK(shortage.peer_links == 8);
  CHECK(shortage.missing.empty());
  CHECK(link_names(topology, shortage.slower) == Names{"leaf3 -> box1/nic3"});
}

TEST_CASE("a GPU is compared with its namesake in another box") {
  const Topology topology = h100_boxes(2, R"({"link":["box1/gpu3","box1/nvswitch"],"scale":0.25})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  const FlowLimits& flow = only_flow(explanation);
  CHECK(flow.bottleneck.front().place.name == "box1/gpu3");
  REQUIRE(flow.comparison);
  REQUIRE(flow.comparison->shortages.size() == 1);
  const LinkShortage& shortage = flow.comparison->shortages.front();
  CHECK(shortage.missing.empty());
  CHECK(link_names(topology, shortage.slower) == Names{"box1/nvswitch -> box1/gpu3"});
  CHECK(flow.comparison->repaired_algbw == Rational(1600, 3));
}

TEST_CASE("one way only: the repair leaves the good way as it is") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"12 GB/s","for":{"g":"0-2"}},
      {"from":"s","to":"g3","bandwidth":"6 GB/s"},{"from":"g3","to":"s","bandwidth":"12 GB/s"}]})");
  const Explanation explanation = explain(topology, Collective::AllReduce);
  CHECK(explanation.flows.size() == 2);
  const FlowLimits& gather = explanation.flows.back();
  REQUIRE(gather.comparison);
  CHECK(gather.comparison->repaired_algbw == Rational(8));  // 12 / (3/4) both ways, shared
  CHECK(!explanation.flows.front().comparison);
}

TEST_CASE("flat ids: counts are told, a missing partner is not guessed") {
  const Topology topology = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s{s}","type":"switch","for":{"s":"0-4"}}],
      "links":[{"between":["g{g}","s4"],"bandwidth":"4 GB/s","for":{"g":"0-3"}},
               {"between":["g{g}","s{g}"],"bandwidth":"2 GB/s","for":{"g":"1-3"}},
               {"between":["s{g}","s4"],"bandwidth":"2 GB/s","for":{"g":"0-3"}}]})");
  const Explanation explanation = explain(topology, Collective::AllGather);
  const FlowLimits& flow = only_flow(explanation);
  CHECK(flow.bottleneck.front().place.name == "g0");
  REQUIRE(flow.comparison);
  REQUIRE(flow.comparison->shortages.size() == 1);
  CHECK(flow.comparison->shortages.front().links == 1);
  CHECK(flow.comparison->shortages.front().peer_links == 2);
  CHECK(flow.comparison->shortages.front().missing.empty());
}

TEST_CASE("an older box is no fault, and neither is half of a machine") {
  CHECK(!only_flow(explain(testing::catalogue_machine("a100-h100-mix"), Collective::AllGather))
             .comparison);
  const Topology half = testing::machine_from(
      R"({"format":"pleach-topology/1","name":"n","nodes":[
      {"id":"g{g}","type":"gpu","for":{"g":"0-3"}},{"id":"s","type":"switch"}],"links":[
      {"between":["g{g}","s"],"bandwidth":"6 GB/s","for":{"g":"0-1"}},
      {"between":["g{g}","s"],"bandwidth":"12 GB/s","for":{"g":"2-3"}}]})");
  CHECK(!only_flow(explain(half, Collective::AllGather)).comparison);
}

}  // namespace
}  // namespace pleach
