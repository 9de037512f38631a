#include "compiler/verify/tightest_cut.hpp"

#include "compiler/core/check.hpp"
#include "compiler/verify/max_flow.hpp"

namespace pleach::verify {
namespace {

// Data flows against the links' direction when time runs backwards: reduce_scatter and reduce.
bool is_reversed(Collective collective) {
  return collective == Collective::ReduceScatter || collective == Collective::Reduce;
}

bool counts_ranks(Collective collective) {
  return collective == Collective::AllGather || collective == Collective::ReduceScatter;
}

// Asks whether a rate can be had: whether a flow of `wanted` reaches each rank.
struct RateNetwork {
  FlowNetwork flow;
  int source = 0;  // the last node
  Integer wanted;  // all that leaves the source
};

RateNetwork network_at(const Topology& topology,
                       Collective collective,
                       int root,
                       const Rational& rate) {
  const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
  const Rational fed = counts_ranks(collective) ? rate / ranks : rate;
  Integer scale = rate.den() * (fed.den() / gcd(rate.den(), fed.den()));  // makes all whole
  for (const Link& link : topology.links) {
    const Integer& den = link.bandwidth.gigabytes_per_second.den();
    scale = scale / gcd(scale, den) * den;
  }
  const auto whole = [&](const Rational& value) { return scale / value.den() * value.num(); };

  const int source = static_cast<int>(topology.num_nodes());
  RateNetwork network{.flow = FlowNetwork(source + 1), .source = source, .wanted = whole(rate)};
  for (const Link& link : topology.links) {
    const bool reversed = is_reversed(collective);
    const int tail = static_cast<int>(reversed ? link.to : link.from);
    const int head = static_cast<int>(reversed ? link.from : link.to);
    network.flow.add_arc(tail, head, whole(link.bandwidth.gigabytes_per_second));
  }
  for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
    if (!counts_ranks(collective) && static_cast<int>(r) != root) continue;
    network.flow.add_arc(source, static_cast<int>(topology.ranks[r]), whole(fed));
  }
  return network;
}

}  // namespace

Rational cut_rate(const Topology& topology,
                  Collective collective,
                  const std::vector<bool>& inside) {
  Rational crossing;
  for (const Link& link : topology.links) {
    const NodeId tail = is_reversed(collective) ? link.to : link.from;
    const NodeId head = is_reversed(collective) ? link.from : link.to;
    if (inside[index(tail)] && !inside[index(head)])
      crossing += link.bandwidth.gigabytes_per_second;
  }
  if (!counts_ranks(collective)) return crossing;
  std::int64_t ranks_inside = 0;
  for (const NodeId node : topology.ranks) ranks_inside += inside[index(node)] ? 1 : 0;
  ENSURE(ranks_inside > 0, "a cut holds a rank");
  return crossing * static_cast<std::int64_t>(topology.num_ranks()) / ranks_inside;
}

TightestCut tightest_cut(const Topology& topology, Collective collective, int root) {
  ENSURE(collective != Collective::AllReduce, "no single cut gives the best rate of an allreduce");
  const auto start = static_cast<std::size_t>(root == 0 ? 1 : 0);  // any rank but the root
  TightestCut tightest;
  tightest.inside.assign(topology.num_nodes(), true);
  tightest.inside[index(topology.ranks[start])] = false;
  tightest.algbw = cut_rate(topology, collective, tightest.inside);

  RateNetwork network = network_at(topology, collective, root, tightest.algbw);
  for (const NodeId sink : topology.ranks) {
    while (network.flow.max_flow(network.source, static_cast<int>(sink)) < network.wanted) {
      tightest.inside = network.flow.source_side();
      tightest.inside.pop_back();  // the source is no node of the machine
      const Rational rate = cut_rate(topology, collective, tightest.inside);
      ENSURE(rate < tightest.algbw, "a flow that stays below a rate finds a cut that forbids it");
      tightest.algbw = rate;
      network = network_at(topology, collective, root, rate);
    }
  }
  return tightest;
}

}  // namespace pleach::verify
