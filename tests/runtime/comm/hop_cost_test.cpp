#include "runtime/comm/hop_cost.hpp"

#include <doctest/doctest.h>

#include "tests/support/sample_schedules.hpp"

namespace pleach {
namespace {

using testing::chain;

TEST_CASE("the slowest link of a tree sets the pace, and unused ones do not") {
  Schedule schedule =
      testing::make_schedule(Collective::Broadcast, 3, {}, {chain(3, 0, Rational(1))});
  for (Link& link : schedule.topology.links) link.bandwidth = {Rational(5)};
  const auto set_rate = [&](int rank, bool leaves, const Rational& rate) {
    const NodeId gpu = schedule.topology.ranks[rank];
    for (Link& link : schedule.topology.links) {
      if ((leaves ? link.from : link.to) == gpu) link.bandwidth = {rate};
    }
  };
  set_rate(2, true, Rational(1, 1000));  // the end of the chain sends nothing
  CHECK(network_hop_cost(schedule, 1 << 20).bytes_per_second == 5e9);
  set_rate(1, true, Rational(1, 8));
  CHECK(network_hop_cost(schedule, 1 << 20).bytes_per_second == 0.125e9);
}

TEST_CASE("a chunk is no longer than a write, and a power of two") {
  const Schedule schedule = testing::uniform_schedule(Collective::AllReduce, 3, chain);
  CHECK(network_hop_cost(schedule, 100'000).most_bytes == 65536);
  CHECK(network_hop_cost(schedule, std::size_t{1} << 30).most_bytes == 512 << 10);
}

}  // namespace
}  // namespace pleach
