#include "compiler/exporters/nccl_graph.hpp"

#include <numeric>

#include <doctest/doctest.h>

#include "compiler/exporters/ring_verdict.hpp"
#include "compiler/passes/compute_bound.hpp"
#include "tests/compiler/exporters/nccl_xml_checker.hpp"
#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

struct Exported {
  NcclGraph graph;
  std::string text;
  RingVerdict verdict;  // of an allgather
};

std::set<std::uint64_t> first_devs(std::size_t count) {
  std::set<std::uint64_t> devs;
  for (std::size_t i = 0; i < count; ++i) devs.insert(i);
  return devs;
}

// Exports, and checks by NCCL's rules and by the loads of the links.
Exported exported(const Topology& topology) {
  auto graph = make_nccl_graph(topology, "machine");
  REQUIRE(graph.ok());
  const Bound bound = compute_bound(topology, Collective::AllGather);
  Exported result{.graph = graph.value(),
                  .text = write_nccl_graph(graph.value()),
                  .verdict = judge_rings(graph.value(), Collective::AllGather, bound.best())};
  const testing::GraphFile file =
      testing::check_graph(result.text, {.devs = first_devs(topology.num_ranks())});
  CHECK_MESSAGE(file.violations.empty(), file.violations.front());
  CHECK(file.rings == file.chains);
  const auto rate = testing::rate_of_rings(file.rings, topology, topology.ranks);
  REQUIRE(rate);
  CHECK(*rate == result.graph.plan.rate);
  const auto count = static_cast<std::int64_t>(topology.num_ranks());
  CHECK(result.verdict.algbw == *rate * Rational(count, count - 1));
  CHECK(result.verdict.share == result.verdict.algbw / bound.best());
  return result;
}

struct Wanted {
  std::size_t rings;
  std::size_t channels;
  Rational algbw;
  Rational share;
  bool best;          // proved that no rings are better
  const char* speed;  // of a channel, as NCCL counts
};

void check(const Topology& topology, const Wanted& wanted) {
  CAPTURE(topology.name);
  const Exported found = exported(topology);
  CHECK(found.graph.plan.rings.size() == wanted.rings);
  CHECK(found.graph.channels.size() == wanted.channels);
  CHECK(found.verdict.algbw == wanted.algbw);
  CHECK(found.verdict.share == wanted.share);
  CHECK(found.verdict.best_rings() == wanted.best);
  CHECK(found.graph.speed.to_decimal() == wanted.speed);
  CHECK(found.graph.type == "NVL");
}

TEST_CASE("machines on which rings reach the optimum") {
  // 12 rings of 12.5 GB/s use every link of the hybrid cube mesh up.
  check(testing::machine("dgx-1v"), {12, 12, Rational(1200, 7), 1, true, "10"});
  check(testing::machine("dgx-h100-x1"), {1, 15, Rational(3600, 7), 1, true, "24.72"});
  check(testing::machine("dgx-a100-x1"), {1, 10, Rational(2400, 7), 1, true, "24"});
  // MI300X: 7 rings of 64 GB/s, each three times.
  check(testing::full_mesh(8, "64 GB/s"), {7, 21, 512, 1, true, "16"});
  // Four A100, four NVLinks between any two.
  check(testing::full_mesh(4, "100 GB/s"), {6, 12, 400, 1, true, "20"});
}

TEST_CASE("MI250: a pair of dies lets out less than a ring would need, which proves the loss") {
  const Topology topology = testing::machine("mi250-x1");
  check(topology, {6, 12, 320, Rational(14, 15), true, "18"});
  const Exported found = exported(topology);
  CHECK(found.verdict.short_of_optimum());
  CHECK(found.verdict.optimum == Rational(2400, 7));
  CHECK(found.graph.limit.rate == Rational(300));
}

TEST_CASE("six GPUs of a DGX-1V: rings are proved to lose a third, though every cut allows more") {
  const Exported found =
      exported(testing::without_others(testing::machine("dgx-1v"), {0, 1, 2, 3, 4, 5}));
  CHECK(found.verdict.algbw == Rational(60));
  CHECK(found.verdict.optimum == Rational(90));
  CHECK(found.graph.limit.rate == Rational(75));
  REQUIRE(found.graph.prices);
  CHECK(found.graph.prices->rate == Rational(50));
  CHECK(found.verdict.best_rings());
  CHECK(found.verdict.short_of_optimum());
}

TEST_CASE("the same bytes every time; allreduce has the same rings") {
  const Topology topology = testing::machine("mi250-x1");
  const auto graph = make_nccl_graph(topology, "machine");
  REQUIRE(graph.ok());
  CHECK(write_nccl_graph(graph.value()) == exported(topology).text);
  const Bound bound = compute_bound(topology, Collective::AllReduce);
  const RingVerdict verdict = judge_rings(graph.value(), Collective::AllReduce, bound.upper_bound);
  CHECK(verdict.algbw == Rational(160));
}

TEST_CASE("labels \"dev\" are written in hexadecimal") {
  Topology topology = testing::full_mesh(3, "100 GB/s");
  for (std::size_t i = 0; i < 3; ++i) {
    topology.nodes[i].labels["dev"] = std::to_string(31 - 2 * i);
  }
  const auto graph = make_nccl_graph(topology, "machine");
  REQUIRE(graph.ok());
  const std::string text = write_nccl_graph(graph.value());
  const auto file = testing::check_graph(text, {.devs = {{31, 29, 27}}});
  CHECK_MESSAGE(file.violations.empty(), file.violations.front());
  CHECK(text.find("<gpu dev=\"0x1f\"/>") != std::string::npos);
}

TEST_CASE("links of no known generation count in full, thousandths round down") {
  Topology topology = testing::full_mesh(3, "0.0001 GB/s");
  CHECK(exported(topology).graph.speed == Rational(1, 1000));
  topology = testing::full_mesh(3, "7.00999 GB/s");
  CHECK(exported(topology).graph.speed == Rational(7009, 1000));
}

TEST_CASE("rings over other links are of type SYS, at their own rate") {
  const Topology topology = testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}},{"id":"cpu","type":"cpu"}],
    "links":[{"between":["g{i}","cpu"],"bandwidth":"24 GB/s","for":{"i":"0-3"}}])");
  const Exported found = exported(topology);
  CHECK(found.graph.type == "SYS");
  CHECK(found.graph.speed == Rational(24));
}

TEST_CASE("never more than 32 channels, however fast") {
  const Exported found = exported(testing::full_mesh(2, "100000 GB/s"));
  CHECK(found.graph.channels.size() == 32);
}

std::string refusal(const Topology& topology) {
  const auto graph = make_nccl_graph(topology, "machine");
  REQUIRE_FALSE(graph.ok());
  return graph.mistakes().front().message;
}

TEST_CASE("what NCCL's file can not hold is refused") {
  CHECK(refusal(testing::machine("dgx-a100-x2"))
            .starts_with("the machine has 2 hosts (\"box0\", \"box1\", …)"));
  CHECK(
      refusal(testing::machine_from(R"(
    "nodes":[{"id":"g{i}","type":"gpu","for":{"i":"0-3"}}],
    "links":[{"between":["g0","g{i}"],"bandwidth":"50 GB/s","for":{"i":"1-3"}}])")) ==
      "there is no ring through all 4 GPUs over direct links and switches (all orders were tried)");
  CHECK(refusal(testing::machine("torus-17x17")) == "the host has 289 GPUs");
  Topology half = testing::full_mesh(3, "50 GB/s");
  half.nodes[1].labels["dev"] = "1";
  CHECK(refusal(half) == "\"g0\" has no label \"dev\", while \"g1\" has one");
}

TEST_CASE("a rack as one host comes with a doubt") {
  const auto graph = make_nccl_graph(testing::machine("nvl72"), "nvl72");
  REQUIRE(graph.ok());
  REQUIRE(graph.notes().size() == 1);
  CHECK(graph.notes().front().message.starts_with("72 GPUs"));
  // 30 channels would do for 30 GB/s each; NCCL reads 4,096 elements.
  CHECK(graph.value().channels.size() == 28);
  CHECK(graph_elements(28, 72) <= kMostGraphElements);
  CHECK(graph_elements(29, 72) > kMostGraphElements);
  CHECK(testing::check_graph(write_nccl_graph(graph.value()), {}).violations.empty());
}

}  // namespace
}  // namespace pleach::exporters
