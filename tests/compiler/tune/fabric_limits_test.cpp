#include "compiler/tune/fabric_limits.hpp"

#include "tests/compiler/tune/support.hpp"

namespace pleach::tune {
namespace {

using testing::two_leaves;

TEST_CASE("one host has no limits") {
  const Topology box = testing::machine("dgx-h100-x1");
  CHECK(fabric_limits(box, nccl::hosts_of(box), 12) == Fabric{});
}

TEST_CASE("full leaves: the NICs are the limit of rings") {
  //   8 boxes of 8 NICs of 25 GB/s on two leaves; every ring enters and leaves each box once
  const Topology wide = two_leaves(100'000);
  const auto hosts = nccl::hosts_of(wide);
  CHECK(fabric_limits(wide, hosts, 8).rings == doctest::Approx(200));
  CHECK(fabric_limits(wide, hosts, 16).rings == doctest::Approx(200));
  CHECK(fabric_limits(wide, hosts, 1).rings == doctest::Approx(25));
}

TEST_CASE("thin uplinks: each ring crosses them once each way, in the order of hosts") {
  //   leaf0: boxes 0-3    leaf1: boxes 4-7    ring: 3 -> 4 and 7 -> 0 cross
  const Topology thin = two_leaves(40);
  CHECK(fabric_limits(thin, nccl::hosts_of(thin), 8).rings == doctest::Approx(40));
  // Trees over 8 hosts: 0 over 4 over (2 over (1, 3), 6 over (5, 7)), and the same from 7 down. Of
  // each 2 edges cross, 0-4 and 4-2, 7-3 and 3-5: each way of an uplink carries 4 halves.
  const double trees = fabric_limits(thin, nccl::hosts_of(thin), 8).trees;
  CHECK(trees == doctest::Approx(20));
}

TEST_CASE("trees over an odd number of hosts: the second is the first, one place on") {
  // 0 over 4 over 2 over (1, 3); 1 over 0 over 3 over (2, 4). On a star each host sends along its
  // edges: 3 edges at host 2 in the first and 1 in the second, at 3 the other way round, and 4
  // has 3.
  const Topology star = testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "star",
    "nodes": [{"id": "h{i}/gpu", "type": "gpu", "for": {"i": "0-4"}}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["h{i}/gpu", "s"], "bandwidth": "100 GB/s", "for": {"i": "0-4"}}]})");
  CHECK(fabric_limits(star, nccl::hosts_of(star), 1).trees == doctest::Approx(100. * 2 / 4));
}

TEST_CASE("PAT loads near hosts most") {
  // One GPU each on a star of 100 GB/s: distances 1, 2 and 4 bring 4, 2 and 1 of 8 blocks.
  const Topology star = testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "star",
    "nodes": [{"id": "h{i}/gpu", "type": "gpu", "for": {"i": "0-7"}}, {"id": "s", "type": "switch"}],
    "links": [{"between": ["h{i}/gpu", "s"], "bandwidth": "100 GB/s", "for": {"i": "0-7"}}]})");
  CHECK(fabric_limits(star, nccl::hosts_of(star), 2).pat == doctest::Approx(100. * 8 / 7));
}

}  // namespace
}  // namespace pleach::tune
