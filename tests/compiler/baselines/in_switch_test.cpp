#include "compiler/baselines/in_switch.hpp"

#include <doctest/doctest.h>

#include "tests/support/machines.hpp"

namespace pleach::baselines {
namespace {

TEST_CASE("one level of switches: each GPU takes in all, and 1/N more for an allreduce") {
  const Topology rack = testing::machine("nvl72");
  CHECK(in_switch_rate(rack, Collective::AllGather) == Rational(900));
  CHECK(in_switch_rate(rack, Collective::Broadcast) == Rational(900));
  CHECK(in_switch_rate(rack, Collective::AllReduce) == Rational(900 * 72, 73));
}

TEST_CASE("several planes add up; the slowest GPU counts") {
  const Topology planes = testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "planes",
    "nodes": [{"id": "g{i}", "type": "gpu", "for": {"i": "0-3"}},
              {"id": "s{p}", "type": "switch", "for": {"p": "0-1"}}],
    "links": [{"between": ["g{i}", "s0"], "bandwidth": "30 GB/s", "for": {"i": "0-3"}},
              {"between": ["g{i}", "s1"], "bandwidth": "20 GB/s", "for": {"i": "0-2"}},
              {"between": ["g3", "s1"], "bandwidth": "10 GB/s"}]})");
  CHECK(in_switch_rate(planes, Collective::AllGather) == Rational(40));
}

TEST_CASE("no rate for machines that are more than one level of switches") {
  CHECK(!in_switch_rate(testing::machine("ring-4"), Collective::AllReduce));
  CHECK(!in_switch_rate(testing::machine("dgx-h100-x2"), Collective::AllReduce));
  CHECK(!in_switch_rate(testing::machine("mi250-x2"), Collective::AllReduce));
}

}  // namespace
}  // namespace pleach::baselines
