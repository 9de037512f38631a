#include "compiler/baselines/relays.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "compiler/passes/compute_bound.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/random_topology.hpp"

namespace pleach::baselines {
namespace {

TEST_CASE("relays change no bound") {
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 60; ++trial) {
    const testing::RandomMachine shape{
        .ranks = 2 + trial % 4, .switches = 1 + trial % 3, .cycles = 5, .extra_links = 3};
    const Topology topology = trial % 2 == 0 ? testing::random_balanced(random, shape)
                                             : testing::random_unbalanced(random, shape);
    const Topology relayed = with_relays(topology);
    for (const Collective collective : {Collective::AllGather, Collective::ReduceScatter}) {
      CHECK(compute_bound(relayed, collective).best() ==
            compute_bound(topology, collective).best());
    }
  }
}

TEST_CASE("a route passes a GPU by its relay") {
  //   g0 -- g1 -- g2
  const Topology topology = testing::machine_from(R"({
    "format": "pleach-topology/1", "name": "line",
    "nodes": [{"id": "g0", "type": "gpu"}, {"id": "g1", "type": "gpu"}, {"id": "g2", "type": "gpu"},
              {"id": "g2/relay", "type": "switch"}],
    "links": [{"between": ["g0", "g1"], "bandwidth": "10 GB/s"},
              {"between": ["g1", "g2"], "bandwidth": "5 GB/s"},
              {"between": ["g1", "g2/relay"], "bandwidth": "1 GB/s"},
              {"between": ["g2", "g2/relay"], "bandwidth": "1 GB/s"}]})");
  const Topology relayed = with_relays(topology);
  REQUIRE(relayed.num_nodes() == 7);
  CHECK(relayed.nodes[4].id == "g0/relay");
  CHECK(relayed.nodes[6].id == "g2/relay+");  // the other name is taken
  CHECK(relayed.ranks == topology.ranks);
  CHECK(relayed_routes(topology, {{NodeId{0}, NodeId{1}, NodeId{2}}}) ==
        std::vector<Route>{{NodeId{0}, NodeId{4}, NodeId{5}, NodeId{6}, NodeId{2}}});
  // As wide as all links of the GPU together: 10 + 5 + 1.
  const auto joins = [](const Link& link) {
    return link.from == NodeId{1} && link.to == NodeId{5} &&
           link.bandwidth.gigabytes_per_second == Rational(16);
  };
  CHECK(std::count_if(relayed.links.begin(), relayed.links.end(), joins) == 1);
}

}  // namespace
}  // namespace pleach::baselines
