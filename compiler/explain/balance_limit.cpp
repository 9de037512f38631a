#include "compiler/explain/balance_limit.hpp"

#include <functional>
#include <map>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach {

BalanceLimit balance_limit(const Topology& topology,
                           Collective collective,
                           const Achievable& achievable) {
  const bool reversed = collective == Collective::ReduceScatter || collective == Collective::Reduce;
  std::vector<Rational> potential(topology.num_nodes());
  BalanceLimit limit;
  for (const Potential& entry : achievable.potentials) {
    potential[index(entry.node)] = entry.value;
    limit.forwarders.push_back(entry.node);
  }
  std::vector<Rational> weight(topology.links.size());
  const auto ends_of = [&](const Link& link) {
    return reversed ? std::pair(link.to, link.from) : std::pair(link.from, link.to);
  };
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const auto [tail, head] = ends_of(topology.links[i]);
    weight[i] = potential[index(head)] - potential[index(tail)];
  }
  for (const WeightedCut& cut : achievable.cuts) {
    std::vector<bool> inside(topology.num_nodes());
    for (const NodeId node : cut.nodes) inside[index(node)] = true;
    for (std::size_t i = 0; i < topology.links.size(); ++i) {
      const auto [tail, head] = ends_of(topology.links[i]);
      if (inside[index(tail)] && !inside[index(head)]) weight[i] += cut.weight;
    }
  }
  std::map<Rational, CountedLinks, std::greater<>> by_weight;
  Rational sum;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i].sign() <= 0) continue;
    const Rational& bandwidth = topology.links[i].bandwidth.gigabytes_per_second;
    CountedLinks& counted = by_weight[weight[i]];
    counted.weight = weight[i];
    counted.links.push_back(static_cast<LinkId>(i));
    counted.capacity += bandwidth;
    sum += weight[i] * bandwidth;
  }
  ENSURE(sum == achievable.algbw, "a proof of another rate");
  for (auto& [value, counted] : by_weight) limit.counted.push_back(std::move(counted));
  return limit;
}

}  // namespace pleach
