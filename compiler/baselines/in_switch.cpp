#include "compiler/baselines/in_switch.hpp"

#include <algorithm>
#include <vector>

namespace pleach::baselines {

std::optional<Rational> in_switch_rate(const Topology& topology, Collective collective) {
  struct Ends {  // of one switch
    std::size_t links_in = 0;
    std::size_t links_out = 0;
    std::optional<Rational> slowest;
  };
  const auto rank_of = rank_of_node(topology);
  std::vector<Ends> ends(topology.num_nodes());
  for (const Link& link : topology.links) {
    const bool from_gpu = rank_of[index(link.from)].has_value();
    const bool to_gpu = rank_of[index(link.to)].has_value();
    if (from_gpu && to_gpu) return std::nullopt;
    if (from_gpu == to_gpu) continue;
    Ends& end = ends[index(from_gpu ? link.to : link.from)];
    ++(from_gpu ? end.links_in : end.links_out);
    const Rational& rate = link.bandwidth.gigabytes_per_second;
    if (!end.slowest || rate < *end.slowest) end.slowest = rate;
  }
  Rational rate;
  const std::size_t ranks = topology.num_ranks();
  for (const Ends& end : ends) {
    if (end.links_in == ranks && end.links_out == ranks) rate += *end.slowest;
  }
  if (rate.sign() == 0) return std::nullopt;
  if (collective == Collective::AllReduce) {
    rate *= Rational(static_cast<std::int64_t>(ranks), static_cast<std::int64_t>(ranks) + 1);
  }
  return rate;
}

}  // namespace pleach::baselines
