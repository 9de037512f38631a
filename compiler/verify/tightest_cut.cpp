#include "compiler/verify/tightest_cut.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

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

// Whole numbers for one rate: everything times one scale.
struct ScaledRate {
  Integer wanted;                 // the rate: what must reach each rank
  Integer fed;                    // what each rank (or the root) may feed
  std::vector<Integer> capacity;  // by link
};

ScaledRate scale_rate(const Topology& topology, Collective collective, const Rational& rate) {
  const auto ranks = static_cast<std::int64_t>(topology.num_ranks());
  const Rational fed = counts_ranks(collective) ? rate / ranks : rate;
  Integer scale = rate.den() * (fed.den() / gcd(rate.den(), fed.den()));  // makes all whole
  for (const Link& link : topology.links) {
    const Integer& den = link.bandwidth.gigabytes_per_second.den();
    if (scale % den != Integer(0)) scale = scale / gcd(scale, den) * den;
  }
  const auto whole = [&](const Rational& value) { return scale / value.den() * value.num(); };
  ScaledRate scaled{.wanted = whole(rate), .fed = whole(fed), .capacity = {}};
  scaled.capacity.reserve(topology.links.size());
  for (const Link& link : topology.links) {
    scaled.capacity.push_back(whole(link.bandwidth.gigabytes_per_second));
  }
  return scaled;
}

std::int64_t to_whole(const Integer& value, std::int64_t) { return value.int64(); }
const Integer& to_whole(const Integer& value, const Integer&) { return value; }

// Asks of one rate whether it can be had, rank by rank.
//
// A rank that it reaches is fed without limit from then on. That can hide no cut which forbids the
// rate: one that has such a rank on the sink's side would have stopped the flow to that rank. So
// the flows become short, as most ranks have neighbours that are fed so.
template <class Whole>
class RateSearch {
 public:
  RateSearch(const Topology& topology, Collective collective, int root, const ScaledRate& rate)
      : topology_(topology),
        wanted_(to_whole(rate.wanted, Whole(0))),
        network_(make_network(topology, collective, rate)) {
    for (std::size_t r = 0; r < topology.num_ranks(); ++r) {
      if (!counts_ranks(collective) && static_cast<int>(r) != root) continue;
      network_.feed(node_of(r), to_whole(rate.fed, Whole(0)));
    }
  }

  // The rate is known to reach this rank.
  void pass(std::size_t rank) { network_.feed(node_of(rank), wanted_); }

  // The source's side of a cut that keeps the rate from this rank; nothing when it passes.
  std::optional<std::vector<bool>> cut_before(std::size_t rank) {
    if (network_.flow_to(node_of(rank), wanted_) == wanted_) {
      pass(rank);
      return std::nullopt;
    }
    std::vector<bool> inside = network_.sink_side();
    inside.flip();
    return inside;
  }

 private:
  [[nodiscard]] int node_of(std::size_t rank) const {
    return static_cast<int>(topology_.ranks[rank]);
  }

  static FlowNetwork<Whole> make_network(const Topology& topology,
                                         Collective collective,
                                         const ScaledRate& rate) {
    const bool reversed = is_reversed(collective);
    std::vector<FlowArc<Whole>> arcs;
    arcs.reserve(topology.links.size());
    for (std::size_t i = 0; i < topology.links.size(); ++i) {
      const Link& link = topology.links[i];
      // More than all that is wanted never helps.
      const Integer& capacity = std::min(rate.capacity[i], rate.wanted);
      arcs.push_back({static_cast<int>(reversed ? link.to : link.from),
                      static_cast<int>(reversed ? link.from : link.to),
                      to_whole(capacity, Whole(0))});
    }
    return FlowNetwork<Whole>(static_cast<int>(topology.num_nodes()), arcs);
  }

  const Topology& topology_;
  Whole wanted_;
  FlowNetwork<Whole> network_;
};

// The first rank from `rank` on that the rate can not reach, with the cut that keeps it away. All
// ranks before `rank` are known to be reached.
struct Obstacle {
  std::size_t rank = 0;
  std::vector<bool> inside;
};

template <class Whole>
std::optional<Obstacle> find_obstacle(const Topology& topology,
                                      Collective collective,
                                      int root,
                                      const ScaledRate& rate,
                                      std::size_t rank) {
  RateSearch<Whole> search(topology, collective, root, rate);
  for (std::size_t r = 0; r < rank; ++r) search.pass(r);
  for (; rank < topology.num_ranks(); ++rank) {
    if (auto inside = search.cut_before(rank)) return Obstacle{rank, std::move(*inside)};
  }
  return std::nullopt;
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

  // A lower rate reaches every rank that a higher one reaches, so the search goes on where it was.
  for (std::size_t rank = 0; true;) {
    const ScaledRate rate = scale_rate(topology, collective, tightest.algbw);
    auto obstacle = rate.wanted.fits_int64()
                        ? find_obstacle<std::int64_t>(topology, collective, root, rate, rank)
                        : find_obstacle<Integer>(topology, collective, root, rate, rank);
    if (!obstacle) break;
    rank = obstacle->rank;
    const Rational lower = cut_rate(topology, collective, obstacle->inside);
    ENSURE(lower < tightest.algbw, "a flow that stays below a rate finds a cut that forbids it");
    tightest = {.algbw = lower, .inside = std::move(obstacle->inside)};
  }
  return tightest;
}

}  // namespace pleach::verify
