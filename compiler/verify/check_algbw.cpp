#include "compiler/verify/check_algbw.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/verify/check_topology.hpp"

namespace pleach::verify {
namespace {

// By link, times the shares' denominator; nothing where a used route can not be followed. Needs:
// no sum leaves Whole.
template <class Whole, class ToWhole>
std::optional<std::vector<Integer>> add_up(const Schedule& schedule,
                                           const Hops& hops,
                                           const WholeShares& shares,
                                           const ToWhole& to_whole) {
  std::vector<Whole> on_route(hops.ends.size());
  const auto add_trees = [&](const std::vector<ScheduleTree>& trees,
                             const std::vector<Integer>& whole) {
    for (std::size_t t = 0; t < trees.size(); ++t) {
      const Whole weight = to_whole(whole[t]);
      for (const int route : trees[t].routes) on_route[static_cast<std::size_t>(route)] += weight;
    }
  };
  add_trees(schedule.broadcast_trees, shares.broadcast);
  add_trees(schedule.reduce_trees, shares.reduce);
  std::vector<Whole> on_link(schedule.topology.links.size());
  for (std::size_t i = 0; i < on_route.size(); ++i) {
    if (on_route[i] == Whole(0)) continue;
    const auto links = hops.links_of(i);
    if (links.empty()) return std::nullopt;
    for (const LinkId link : links) on_link[index(link)] += on_route[i];
  }
  return std::vector<Integer>(on_link.begin(), on_link.end());
}

// No sum of shares, for whatever links, exceeds this.
Integer largest_sum(const Schedule& schedule, const Hops& hops, const WholeShares& shares) {
  Integer sum = 0;
  const auto add_trees = [&](const std::vector<ScheduleTree>& trees,
                             const std::vector<Integer>& whole) {
    for (std::size_t t = 0; t < trees.size(); ++t) {
      const Integer size = whole[t].sign() < 0 ? -whole[t] : whole[t];
      sum += size * static_cast<std::int64_t>(trees[t].routes.size());
    }
  };
  add_trees(schedule.broadcast_trees, shares.broadcast);
  add_trees(schedule.reduce_trees, shares.reduce);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < hops.ends.size(); ++i) {
    longest = std::max(longest, hops.links_of(i).size());
  }
  return sum * static_cast<std::int64_t>(longest);
}

std::optional<std::vector<Integer>> link_loads(const Schedule& schedule,
                                               const Hops& hops,
                                               const WholeShares& shares) {
  if (largest_sum(schedule, hops, shares).fits_int64()) {
    return add_up<std::int64_t>(schedule, hops, shares,
                                [](const Integer& value) { return value.int64(); });
  }
  return add_up<Integer>(schedule, hops, shares, [](const Integer& value) { return value; });
}

}  // namespace

Rational check_algbw(const Schedule& schedule,
                     const Hops& hops,
                     const WholeShares& shares,
                     ViolationLog& log) {
  const auto loads = link_loads(schedule, hops, shares);
  if (!loads) return 0;
  const std::vector<Link>& links = schedule.topology.links;
  std::optional<Rational> least;
  std::size_t bottleneck = 0;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if ((*loads)[i].sign() <= 0) continue;
    Rational rate =
        links[i].bandwidth.gigabytes_per_second * Rational(shares.denominator, (*loads)[i]);
    if (least && rate >= *least) continue;
    least = std::move(rate);
    bottleneck = i;
  }
  if (!least) return 0;
  if (*least != schedule.algbw) {
    log.add("algbw", "/algbw",
            "the stated rate is " + schedule.algbw.to_string() + " GB/s; the link " +
                node_name(schedule.topology, links[bottleneck].from) + " -> " +
                node_name(schedule.topology, links[bottleneck].to) + " carries " +
                Rational((*loads)[bottleneck], shares.denominator).to_string() +
                " of the buffer at " + to_string(links[bottleneck].bandwidth) + ", which gives " +
                least->to_string());
  }
  return *least;
}

}  // namespace pleach::verify
