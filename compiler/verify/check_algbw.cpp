#include "compiler/verify/check_algbw.hpp"

#include <optional>
#include <utility>

#include "compiler/verify/check_topology.hpp"

namespace pleach::verify {
namespace {

Integer least_common_multiple(const Integer& a, const Integer& b) { return a / gcd(a, b) * b; }

// Loads as whole numbers over one denominator: thousands of shares are added without one fraction
// being reduced.
struct Loads {
  std::vector<Integer> numerators;  // for each link
  Integer denominator = 1;
};

// Nothing where a used route can not be followed.
std::optional<Loads> link_loads(const Schedule& schedule, const std::vector<Hop>& hops) {
  Loads loads{.numerators = std::vector<Integer>(schedule.topology.links.size())};
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      loads.denominator = least_common_multiple(loads.denominator, tree.share.den());
    }
  }
  std::vector<Integer> on_route(hops.size());
  for (const auto* trees : {&schedule.broadcast_trees, &schedule.reduce_trees}) {
    for (const ScheduleTree& tree : *trees) {
      const Integer weight = loads.denominator / tree.share.den() * tree.share.num();
      for (const int route : tree.routes) on_route[static_cast<std::size_t>(route)] += weight;
    }
  }
  for (std::size_t i = 0; i < hops.size(); ++i) {
    if (on_route[i].sign() == 0) continue;
    if (hops[i].links.empty()) return std::nullopt;
    for (const LinkId link : hops[i].links) loads.numerators[index(link)] += on_route[i];
  }
  return loads;
}

}  // namespace

Rational check_algbw(const Schedule& schedule, const std::vector<Hop>& hops, ViolationLog& log) {
  const auto loads = link_loads(schedule, hops);
  if (!loads) return 0;
  const std::vector<Link>& links = schedule.topology.links;
  std::optional<Rational> least;
  std::size_t bottleneck = 0;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (loads->numerators[i].sign() <= 0) continue;
    const Rational load(loads->numerators[i], loads->denominator);
    Rational rate = links[i].bandwidth.gigabytes_per_second / load;
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
                Rational(loads->numerators[bottleneck], loads->denominator).to_string() +
                " of the buffer at " + to_string(links[bottleneck].bandwidth) + ", which gives " +
                least->to_string());
  }
  return *least;
}

}  // namespace pleach::verify
