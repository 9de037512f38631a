#include "compiler/exporters/price_rings.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <random>

#include <doctest/doctest.h>

#include "compiler/exporters/plan_rings.hpp"
#include "tests/compiler/exporters/support.hpp"

namespace pleach::exporters {
namespace {

// What the cheapest ring costs.
Rational cheapest_ring(const Topology& topology, const RingPrices& prices) {
  std::map<std::pair<NodeId, NodeId>, Rational> price;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    price[{topology.links[i].from, topology.links[i].to}] = prices.price[i];
  }
  std::vector<NodeId> order = topology.ranks;
  std::optional<Rational> least;
  do {
    Rational sum;
    bool whole = true;
    for (std::size_t i = 0; i < order.size() && whole; ++i) {
      const auto entry = price.find({order[i], order[(i + 1) % order.size()]});
      whole = entry != price.end();
      if (whole) sum += entry->second;
    }
    if (whole && (!least || sum < *least)) least = sum;
  } while (std::next_permutation(order.begin() + 1, order.end()));
  return *least;
}

void check_proof(const Topology& topology, const RingPrices& prices) {
  REQUIRE(prices.price.size() == topology.links.size());
  Rational total;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    CHECK(prices.price[i].sign() >= 0);
    total += prices.price[i] * topology.links[i].bandwidth.gigabytes_per_second;
  }
  CHECK(total == prices.rate);
  CHECK(cheapest_ring(topology, prices) >= Rational(1));
}

TEST_CASE("six GPUs of a DGX-1V: every ring takes the link between the last two") {
  const Topology topology = testing::without_others(testing::machine("dgx-1v"), {0, 1, 2, 3, 4, 5});
  const RingPrices prices = price_rings(topology);
  CHECK(prices.rate == Rational(50));
  CHECK(ring_limit(topology).rate == Rational(75));
  check_proof(topology, prices);
}

TEST_CASE("random directed machines: prices prove a limit between the rings found and any cut") {
  std::mt19937_64 random(4);
  int priced = 0;
  int below_cut = 0;
  int reached = 0;
  for (int i = 0; i < 120; ++i) {
    const int gpus = 4 + static_cast<int>(random() % 4);
    const Topology topology =
        testing::random_digraph(random, gpus, 35 + static_cast<int>(random() % 50));
    if (!testing::has_ring(testing::links_between(topology))) continue;
    const RingPrices prices = price_rings(topology);
    check_proof(topology, prices);
    const RingLimit limit = ring_limit(topology);
    const RingSearch found = plan_rings(topology, limit);
    REQUIRE(found.plan);
    CHECK(found.plan->rate <= prices.rate);
    CHECK(prices.rate <= limit.rate);
    ++priced;
    below_cut += prices.rate < limit.rate ? 1 : 0;
    reached += prices.rate == found.plan->rate ? 1 : 0;
  }
  CHECK(priced > 60);
  CHECK(below_cut > 10);
  CHECK(reached > 10);
}

TEST_CASE("which machines are priced") {
  CHECK(can_price_rings(testing::machine("mesh-full-8")));
  CHECK_FALSE(can_price_rings(testing::machine("mesh-full-9")));
  CHECK_FALSE(can_price_rings(testing::machine("dgx-h100-x1")));
}

}  // namespace
}  // namespace pleach::exporters
