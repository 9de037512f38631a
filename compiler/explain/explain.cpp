#include "compiler/explain/explain.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/explain/find_limits.hpp"
#include "compiler/passes/compute_bound.hpp"

namespace pleach {
namespace {

std::vector<Collective> flows_of(Collective collective) {
  if (collective != Collective::AllReduce) return {collective};
  return {Collective::ReduceScatter, Collective::AllGather};
}

// The rate of flows that take turns, each by itself as fast as given.
Rational rate_in_turns(const std::vector<FlowLimits>& flows) {
  Rational seconds_per_gigabyte;
  for (const FlowLimits& flow : flows) seconds_per_gigabyte += Rational(1) / flow.algbw;
  return Rational(1) / seconds_per_gigabyte;
}

// Links by position, with the factor that they are to become faster by.
using Factors = std::map<std::size_t, Rational>;

void add_links(const CrossingClass& places, const Rational& factor, Factors& factors) {
  for (const Crossing& crossing : places.members) {
    for (const auto* links : {&crossing.links, &crossing.in_series}) {
      for (const LinkId link : *links) {
        Rational& current = factors[index(link)];
        current = std::max(current, factor);
      }
    }
  }
}

class LinkTable {
 public:
  explicit LinkTable(const Topology& topology) {
    for (std::size_t i = 0; i < topology.links.size(); ++i) {
      position_[{topology.links[i].from, topology.links[i].to}] = i;
    }
  }
  // The link that runs the other way, if there is one.
  [[nodiscard]] std::optional<std::size_t> reverse_of(const Link& link) const {
    const auto found = position_.find({link.to, link.from});
    if (found == position_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::pair<NodeId, NodeId>, std::size_t> position_;
};

DoubledLinks double_links(const Topology& topology, const Explanation& explanation) {
  Factors factors;
  for (const FlowLimits& flow : explanation.flows) {
    add_links(flow.bottleneck, 2, factors);
    for (const CrossingClass& places : flow.also_tight) add_links(places, 2, factors);
    if (!flow.balance) continue;
    for (const CountedLinks& counted : flow.balance->counted) {
      for (const LinkId link : counted.links) factors[index(link)] = 2;
    }
  }
  const LinkTable table(topology);
  Topology faster = topology;
  Factors both_ways = factors;
  for (const auto& [link, factor] : factors) {
    if (const auto reverse = table.reverse_of(topology.links[link])) both_ways[*reverse] = factor;
  }
  for (const auto& [link, factor] : both_ways) {
    faster.links[link].bandwidth.gigabytes_per_second *= factor;
  }
  const Bound& bound = explanation.bound;
  DoubledLinks doubled;
  doubled.links = both_ways.size();
  std::vector<FlowLimits> flows;
  for (const Collective part : flows_of(bound.collective)) {
    flows.push_back(find_bottleneck(faster, part, bound.root));
  }
  doubled.algbw = rate_in_turns(flows);
  if (bound.collective == Collective::AllReduce) {
    const Bound both = compute_bound(faster, bound.collective);
    doubled.algbw = both.best();
    doubled.divided = both.divided;
  }
  for (FlowLimits& flow : flows) doubled.bottlenecks.push_back(std::move(flow.bottleneck));
  return doubled;
}

// The rate with the places of every bottleneck as good as their peers.
Rational repaired_rate(const Topology& topology, const Explanation& explanation) {
  Factors factors;
  for (const FlowLimits& flow : explanation.flows) {
    if (!flow.comparison) continue;
    const Rational& wanted = flow.comparison->peers.front().capacity;
    add_links(flow.bottleneck, wanted / flow.bottleneck.front().capacity, factors);
  }
  const LinkTable table(topology);
  Topology repaired = topology;
  for (const auto& [link, factor] : factors) {
    Rational& bandwidth = repaired.links[link].bandwidth.gigabytes_per_second;
    bandwidth = std::max(bandwidth, topology.links[link].bandwidth.gigabytes_per_second * factor);
    const auto reverse = table.reverse_of(topology.links[link]);
    if (!reverse) continue;
    // Both ways of a cable are damaged together, or only one is: then the other stays as it is.
    const Rational& old = topology.links[*reverse].bandwidth.gigabytes_per_second;
    Rational& other = repaired.links[*reverse].bandwidth.gigabytes_per_second;
    other = std::max(other, std::min(old * factor, bandwidth));
  }
  const Bound& bound = explanation.bound;
  return compute_bound(repaired, bound.collective, bound.root).best();
}

Rational crossing_capacity(const Topology& topology,
                           const std::vector<NodeId>& part,
                           Direction direction) {
  std::vector<bool> inside(topology.num_nodes());
  for (const NodeId node : part) inside[index(node)] = true;
  Rational sum;
  for (const Link& link : topology.links) {
    const NodeId near = direction == Direction::Entering ? link.to : link.from;
    const NodeId far = direction == Direction::Entering ? link.from : link.to;
    if (inside[index(near)] && !inside[index(far)]) sum += link.bandwidth.gigabytes_per_second;
  }
  return sum;
}

AllReduceProof proof_of(const Topology& topology, const Bound& bound) {
  AllReduceProof proof;
  if (!bound.upper_parts.empty()) {
    proof.parts = bound.upper_parts;
    proof.buffers = 2 * (static_cast<std::int64_t>(proof.parts.size()) - 1);
  } else {
    // Told from the side with fewer compute nodes.
    const Cut& cut = bound.upper_cut;
    proof.buffers = 1;
    const bool leaving = 2 * static_cast<std::size_t>(cut.compute_nodes) <= topology.num_ranks();
    proof.direction = leaving ? Direction::Leaving : Direction::Entering;
    std::vector<bool> inside(topology.num_nodes());
    for (const NodeId node : cut.nodes) inside[index(node)] = true;
    proof.parts.emplace_back();
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == leaving) proof.parts.front().push_back(static_cast<NodeId>(i));
    }
  }
  const auto total = [&](Direction direction) {
    Rational sum;
    for (const auto& part : proof.parts) sum += crossing_capacity(topology, part, direction);
    return sum;
  };
  if (proof.parts.size() > 1 && total(Direction::Leaving) < total(Direction::Entering)) {
    proof.direction = Direction::Leaving;
  }
  proof.capacity = total(proof.direction);
  ENSURE(proof.capacity / proof.buffers == bound.upper_bound, "a witness that proves another rate");
  return proof;
}

std::vector<UnbalancedNode> find_unbalanced(const Topology& topology) {
  std::vector<UnbalancedNode> sums(topology.num_nodes());
  for (const Link& link : topology.links) {
    sums[index(link.from)].capacity_out += link.bandwidth.gigabytes_per_second;
    sums[index(link.to)].capacity_in += link.bandwidth.gigabytes_per_second;
  }
  std::vector<UnbalancedNode> unbalanced;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (topology.nodes[i].type == NodeType::Gpu) continue;
    if (sums[i].capacity_in == sums[i].capacity_out) continue;
    sums[i].node = static_cast<NodeId>(i);
    unbalanced.push_back(std::move(sums[i]));
  }
  return unbalanced;
}

// The slower directions, where most pairs of neighbours have none.
std::vector<LopsidedLink> find_lopsided(const Topology& topology) {
  const LinkTable table(topology);
  std::vector<LopsidedLink> lopsided;
  std::size_t pairs = 0;  // those that have links both ways count twice
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const Rational& bandwidth = link.bandwidth.gigabytes_per_second;
    const auto reverse = table.reverse_of(link);
    pairs += reverse ? 1 : 2;
    if (!reverse) {
      lopsided.push_back({link.to, link.from, 0, bandwidth});
      continue;
    }
    const Rational& other = topology.links[*reverse].bandwidth.gigabytes_per_second;
    if (bandwidth < other) lopsided.push_back({link.from, link.to, bandwidth, other});
  }
  if (4 * lopsided.size() >= pairs) lopsided.clear();
  return lopsided;
}

Rational evened_rate(const Topology& topology, const Explanation& explanation) {
  const LinkTable table(topology);
  Topology evened = topology;
  for (const LopsidedLink& slow : explanation.lopsided) {
    Link back{slow.to, slow.from, {}, {}};
    const auto link = table.reverse_of(back);
    if (link) {
      evened.links[*link].bandwidth.gigabytes_per_second = slow.reverse;
    } else {
      evened.links.push_back({slow.from, slow.to, {slow.reverse}, {}});
    }
  }
  const Bound& bound = explanation.bound;
  return compute_bound(evened, bound.collective, bound.root).best();
}

}  // namespace

Explanation explain(const Topology& topology, Collective collective, int root) {
  Explanation explanation;
  explanation.bound = compute_bound(topology, collective, root);
  for (const Collective part : flows_of(collective)) {
    explanation.flows.push_back(find_limits(topology, part, root));
  }
  const Rational in_turns = rate_in_turns(explanation.flows);
  ENSURE(explanation.bound.divided ? in_turns < explanation.bound.best()
                                   : in_turns == explanation.bound.best(),
         "two bounds that differ");
  if (collective == Collective::AllReduce) {
    explanation.proof = proof_of(topology, explanation.bound);
  }
  explanation.doubled = double_links(topology, explanation);
  const bool compared = std::ranges::any_of(
      explanation.flows, [](const FlowLimits& flow) { return flow.comparison.has_value(); });
  if (compared) {
    const Rational algbw = repaired_rate(topology, explanation);
    for (FlowLimits& flow : explanation.flows) {
      if (flow.comparison) flow.comparison->repaired_algbw = algbw;
    }
  }
  explanation.tree_counts = tree_counts(topology, explanation.bound);
  explanation.unbalanced = find_unbalanced(topology);
  explanation.lopsided = find_lopsided(topology);
  if (!explanation.lopsided.empty()) {
    explanation.evened_algbw = evened_rate(topology, explanation);
  }
  return explanation;
}

}  // namespace pleach
