#include "compiler/exporters/plan_rings.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/baselines/ring_search.hpp"
#include "compiler/baselines/router.hpp"
#include "compiler/core/check.hpp"
#include "compiler/exporters/hamiltonian_ring.hpp"
#include "compiler/nccl/gpu_generation.hpp"

namespace pleach::exporters {
namespace {

using Follows = std::vector<std::vector<bool>>;
using Ring = std::vector<int>;

// Which rank can follow which without a third one between them.
Follows direct_hops(const Topology& topology) {
  baselines::Router router(topology);
  const std::size_t count = topology.num_ranks();
  Follows follows(count, std::vector<bool>(count));
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      follows[i][j] = i != j && router.is_direct(static_cast<int>(i), static_cast<int>(j));
    }
  }
  return follows;
}

// The same machine with a link, far slower than all others, wherever a hop would pass a GPU. The
// search for rings then stays off such hops as long as it can, and takes them openly where not.
Topology with_slow_hops(const Topology& topology, const Follows& follows) {
  constexpr std::int64_t kSlower = 1000;
  Topology result = topology;
  const auto slowest =
      std::ranges::min_element(topology.links, {}, [](const Link& link) { return link.bandwidth; });
  const Bandwidth slow{slowest->bandwidth.gigabytes_per_second / kSlower};
  for (std::size_t i = 0; i < follows.size(); ++i) {
    for (std::size_t j = 0; j < follows.size(); ++j) {
      if (i == j || follows[i][j]) continue;
      result.links.push_back({topology.ranks[i], topology.ranks[j], slow, Latency{}});
    }
  }
  return result;
}

bool is_direct(const Ring& ring, const Follows& follows) {
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const auto next = static_cast<std::size_t>(ring[(i + 1) % ring.size()]);
    if (!follows[static_cast<std::size_t>(ring[i])][next]) return false;
  }
  return true;
}

// What so many rings carry together, at equal shares, on the shortest routes; those that are equal
// are used alike.
RingPlan measure(const Topology& topology, std::vector<Ring> rings) {
  baselines::Router router(topology);
  const std::vector<bool> scale_up = nccl::scale_up_links(topology);
  std::vector<std::int64_t> loads(topology.links.size());
  RingPlan plan{.rings = std::move(rings), .rate = 0, .over_scale_up = true};
  for (const Ring& ring : plan.rings) {
    for (std::size_t i = 0; i < ring.size(); ++i) {
      for (const LinkId link : router.route(ring[i], ring[(i + 1) % ring.size()], 1)) {
        ++loads[index(link)];
        plan.over_scale_up = plan.over_scale_up && scale_up[index(link)];
      }
    }
  }
  const Rational count = static_cast<std::int64_t>(plan.rings.size());
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (loads[i] == 0) continue;
    const Rational rate = topology.links[i].bandwidth.gigabytes_per_second * count / loads[i];
    if (plan.rate.sign() == 0 || rate < plan.rate) plan.rate = rate;
  }
  return plan;
}

}  // namespace

RingSearch plan_rings(const Topology& topology, const RingLimit& limit) {
  ENSURE(topology.num_ranks() <= kMostRingGpus, "more GPUs than rings are searched for");
  const Follows follows = direct_hops(topology);
  const Topology searched = with_slow_hops(topology, follows);
  baselines::Router router(searched);
  std::vector<int> all(topology.num_ranks());
  std::iota(all.begin(), all.end(), 0);
  baselines::Rings found = baselines::find_rings(searched, router, {all}, limit.rate);
  std::erase_if(found.channels, [&](const Ring& ring) { return !is_direct(ring, follows); });
  if (found.channels.empty() && is_direct(found.best, follows)) {
    found.channels.push_back(found.best);
  }
  if (!found.channels.empty()) return {measure(topology, std::move(found.channels)), false};
  if (topology.num_ranks() > kMostExactRing) return {};
  auto ring = hamiltonian_ring(follows);
  if (!ring) return {.plan = std::nullopt, .proved = true};
  return {measure(topology, {*std::move(ring)}), false};
}

}  // namespace pleach::exporters
