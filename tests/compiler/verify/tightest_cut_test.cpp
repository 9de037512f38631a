#include "compiler/verify/tightest_cut.hpp"

#include <doctest/doctest.h>

#include "compiler/core/check.hpp"
#include "tests/compiler/verify/brute_force_check.hpp"
#include "tests/compiler/verify/example_schedules.hpp"
#include "tests/compiler/verify/random_schedule.hpp"

namespace pleach::verify {
namespace {

TEST_CASE("the cut rates of a star, by hand") {
  const Topology star = star4();
  const std::vector<bool> one = {true, false, false, false, false};
  const std::vector<bool> two_and_switch = {true, true, false, false, true};
  CHECK(cut_rate(star, Collective::AllGather, one) == Rational(400));
  CHECK(cut_rate(star, Collective::AllGather, two_and_switch) == Rational(400));
  CHECK(cut_rate(star, Collective::Broadcast, two_and_switch) == Rational(200));
  CHECK(cut_rate(star, Collective::AllReduce, one) == Rational(100));
}

TEST_CASE("a one-way link counts in its own direction") {
  Topology pair = star4();
  pair.links[0].bandwidth = {Rational(7)};  // g0 -> s
  CHECK(tightest_cut(pair, Collective::Broadcast, 0).algbw == Rational(7));
  CHECK(tightest_cut(pair, Collective::Reduce, 0).algbw == Rational(100));
  CHECK(tightest_cut(pair, Collective::Broadcast, 1).algbw == Rational(100));
  CHECK(tightest_cut(pair, Collective::Reduce, 1).algbw == Rational(7));
  CHECK(tightest_cut(pair, Collective::AllGather, 0).algbw == Rational(28));
  CHECK(tightest_cut(pair, Collective::ReduceScatter, 0).algbw == Rational(28, 3));
}

TEST_CASE("equals the least over all cuts on random machines") {
  int disconnected = 0;
  int improved = 0;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    Random random(seed);
    const Topology topology = random_topology(random, 7);
    const int root = pick(random, static_cast<int>(topology.num_ranks()));
    for (const Collective collective : kCollectives) {
      if (collective == Collective::AllReduce) continue;
      CAPTURE(seed);
      CAPTURE(name_of(collective));
      const TightestCut found = tightest_cut(topology, collective, root);
      REQUIRE(found.algbw == brute_force_bound(topology, collective, root));
      REQUIRE(cut_rate(topology, collective, found.inside) == found.algbw);
      if (has_root(collective)) {
        REQUIRE(found.inside[index(topology.ranks[static_cast<std::size_t>(root)])]);
      }
      disconnected += found.algbw == Rational(0) ? 1 : 0;
      std::vector<bool> first(topology.num_nodes(), true);
      first[index(topology.ranks[root == 0 ? 1 : 0])] = false;
      improved += found.algbw < cut_rate(topology, collective, first) ? 1 : 0;
    }
  }
  // The cases that matter were there.
  CHECK(disconnected > 50);
  CHECK(improved > 500);
}

TEST_CASE("rates beyond 64 bits") {
  const Rational factor(*Integer::parse("100000000000000000000000000000"), 7);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const Topology topology = random_topology(random, 7);
    Topology large = topology;
    for (Link& link : large.links) link.bandwidth.gigabytes_per_second *= factor;
    CAPTURE(seed);
    const TightestCut found = tightest_cut(topology, Collective::AllGather, 0);
    const TightestCut found_large = tightest_cut(large, Collective::AllGather, 0);
    REQUIRE(found_large.algbw == found.algbw * factor);
    REQUIRE(found_large.inside == found.inside);
  }
}

TEST_CASE("an allreduce is refused") {
  CHECK_THROWS_AS(static_cast<void>(tightest_cut(star4(), Collective::AllReduce, 0)),
                  InternalError);
}

}  // namespace
}  // namespace pleach::verify
