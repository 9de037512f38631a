#include "compiler/exporters/ring_limit.hpp"

#include <optional>

#include "compiler/core/check.hpp"
#include "compiler/graph/max_flow.hpp"

namespace pleach::exporters {
namespace {

// The largest rate of which all bandwidths are whole multiples.
Rational common_unit(const Topology& topology) {
  Rational unit;
  for (const Link& link : topology.links) unit = gcd(unit, link.bandwidth.gigabytes_per_second);
  return unit;
}

FlowNetwork network_of(const Topology& topology, const Rational& unit) {
  FlowNetwork network{.num_nodes = static_cast<int>(topology.num_nodes()), .arcs = {}};
  for (const Link& link : topology.links) {
    network.arcs.push_back({.tail = static_cast<int>(link.from),
                            .head = static_cast<int>(link.to),
                            .capacity = (link.bandwidth.gigabytes_per_second / unit).num()});
  }
  return network;
}

}  // namespace

RingLimit ring_limit(const Topology& topology) {
  const Rational unit = common_unit(topology);
  MaxFlowSolver solver(network_of(topology, unit));
  std::optional<MaxFlow> least;
  const auto take_less = [&](NodeId from, NodeId to) {
    MaxFlow flow = solver.solve(static_cast<int>(from), static_cast<int>(to));
    if (!least || flow.value < least->value) least = std::move(flow);
  };
  // Any set has the first GPU on one side and another GPU on the other.
  const NodeId first = topology.ranks.front();
  for (std::size_t rank = 1; rank < topology.num_ranks(); ++rank) {
    take_less(first, topology.ranks[rank]);
    take_less(topology.ranks[rank], first);
  }
  RingLimit limit{.rate = Rational(least->value) * unit, .cut = {}};
  for (std::size_t node = 0; node < topology.num_nodes(); ++node) {
    if (least->source_side[node]) limit.cut.push_back(NodeId{static_cast<std::int32_t>(node)});
  }
  return limit;
}

Rational ring_algbw(const Rational& rate, Collective collective, std::size_t ranks) {
  ENSURE(!has_root(collective) && ranks > 1, "rings serve collectives without a root");
  const auto count = static_cast<std::int64_t>(ranks);
  const std::int64_t rounds = collective == Collective::AllReduce ? 2 : 1;
  return rate * Rational(count, rounds * (count - 1));
}

}  // namespace pleach::exporters
