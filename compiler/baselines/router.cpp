#include "compiler/baselines/router.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "compiler/core/check.hpp"

namespace pleach::baselines {
namespace {

constexpr std::int64_t kFastest = 1024;
constexpr std::int64_t kSlowest = std::int64_t{1} << 30;

std::vector<Rational> sorted_bandwidths(const Topology& topology) {
  std::vector<Rational> all;
  for (const Link& link : topology.links) all.push_back(link.bandwidth.gigabytes_per_second);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::int64_t time_of(const Rational& bandwidth, const Rational& fastest) {
  const Integer time = (fastest * kFastest / bandwidth).floor();
  return time < Integer(kSlowest) ? time.int64() : kSlowest;
}

}  // namespace

Router::Router(const Topology& topology)
    : topology_(topology),
      rank_of_(rank_of_node(topology)),
      out_(topology.num_nodes()),
      in_(topology.num_nodes()),
      stop_of_(topology.num_nodes(), -1),
      use_(topology.links.size()),
      reaches_(topology.num_ranks()) {
  const std::vector<Rational> bandwidths = sorted_bandwidths(topology);
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    const Rational& bandwidth = link.bandwidth.gigabytes_per_second;
    out_[index(link.from)].push_back(static_cast<LinkId>(i));
    in_[index(link.to)].push_back(static_cast<LinkId>(i));
    width_of_.push_back(static_cast<std::int32_t>(
        std::lower_bound(bandwidths.begin(), bandwidths.end(), bandwidth) - bandwidths.begin()));
    link_times_.push_back(time_of(bandwidth, bandwidths.back()));
  }
}

void Router::forget_use() { std::fill(use_.begin(), use_.end(), 0); }

std::int64_t Router::step_from(NodeId node, NodeId start) const {
  const bool passes_rank = node != start && rank_of_[index(node)].has_value();
  return passes_rank ? 1 + static_cast<std::int64_t>(topology_.num_nodes()) : 1;
}

Router::Reach Router::search(int from) const {
  const NodeId start = topology_.ranks[static_cast<std::size_t>(from)];
  Reach reach{.distance = std::vector<std::int64_t>(topology_.num_nodes(), kFar),
              .width = std::vector<std::int32_t>(topology_.num_nodes(), -1),
              .nearest = {},
              .first_of = {},
              .last_links = {}};
  using Entry = std::pair<std::int64_t, NodeId>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  reach.distance[index(start)] = 0;
  reach.width[index(start)] = static_cast<std::int32_t>(topology_.links.size());
  open.emplace(0, start);
  while (reach.nearest.size() + 1 < topology_.num_ranks()) {
    ENSURE(!open.empty(), "a rank that can not be reached");
    const auto [distance, node] = open.top();
    open.pop();
    if (distance != reach.distance[index(node)]) continue;
    if (node != start && rank_of_[index(node)]) {
      reach.nearest.push_back({*rank_of_[index(node)], distance});
    }
    const std::int64_t next = distance + step_from(node, start);
    for (const LinkId link : out_[index(node)]) {
      const std::size_t to = index(topology_.links[index(link)].to);
      const std::int32_t width = std::min(reach.width[index(node)], width_of_[index(link)]);
      if (next < reach.distance[to]) {
        reach.distance[to] = next;
        reach.width[to] = width;
        open.emplace(next, static_cast<NodeId>(to));
      } else if (next == reach.distance[to]) {
        reach.width[to] = std::max(reach.width[to], width);
      }
    }
  }
  std::sort(reach.nearest.begin(), reach.nearest.end(), [](const Near& a, const Near& b) {
    return std::pair(a.distance, a.rank) < std::pair(b.distance, b.rank);
  });
  list_last_links(start, reach);
  return reach;
}

void Router::list_last_links(NodeId start, Reach& reach) const {
  for (std::size_t node = 0; node < topology_.num_nodes(); ++node) {
    reach.first_of.push_back(static_cast<std::int32_t>(reach.last_links.size()));
    if (reach.distance[node] == kFar) continue;
    for (const LinkId link : in_[node]) {
      const NodeId tail = topology_.links[index(link)].from;
      const std::int64_t distance = reach.distance[index(tail)];
      if (distance == kFar || distance + step_from(tail, start) != reach.distance[node]) continue;
      reach.last_links.push_back(link);
    }
  }
  reach.first_of.push_back(static_cast<std::int32_t>(reach.last_links.size()));
}

const Router::Reach& Router::reach(int from) {
  auto& kept = reaches_[static_cast<std::size_t>(from)];
  if (!kept) kept = search(from);
  return *kept;
}

const std::vector<Router::Near>& Router::nearest(int from) { return reach(from).nearest; }

bool Router::is_direct(int from, int to) {
  const NodeId node = topology_.ranks[static_cast<std::size_t>(to)];
  return reach(from).distance[index(node)] <= static_cast<std::int64_t>(topology_.num_nodes());
}

std::vector<LinkId> Router::route(int from, int to, std::int64_t weight) {
  const Reach& here = reach(from);
  const NodeId start = topology_.ranks[static_cast<std::size_t>(from)];
  const NodeId end = topology_.ranks[static_cast<std::size_t>(to)];
  const std::int32_t width = here.width[index(end)];

  // Backwards over all best routes, then forwards: the least use on the way to each of their nodes.
  struct Stop {
    NodeId node{};
    std::int64_t use = 0;
    std::optional<LinkId> link;  // that the best way comes by
  };
  std::vector<Stop> stops;
  const auto for_each_last = [&](NodeId node, const auto& visit) {
    for (auto i = here.first_of[index(node)]; i < here.first_of[index(node) + 1]; ++i) {
      const LinkId link = here.last_links[static_cast<std::size_t>(i)];
      const NodeId tail = topology_.links[index(link)].from;
      if (width_of_[index(link)] >= width && here.width[index(tail)] >= width) visit(link, tail);
    }
  };
  const auto add_stop = [&](NodeId node) {
    if (stop_of_[index(node)] >= 0) return;
    stop_of_[index(node)] = 0;
    stops.push_back({.node = node, .use = 0, .link = {}});
  };
  add_stop(end);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    for_each_last(stops[i].node, [&](LinkId, NodeId tail) { add_stop(tail); });
  }
  std::sort(stops.begin(), stops.end(), [&](const Stop& a, const Stop& b) {
    return std::pair(here.distance[index(a.node)], a.node) <
           std::pair(here.distance[index(b.node)], b.node);
  });
  for (std::size_t i = 0; i < stops.size(); ++i) {
    stop_of_[index(stops[i].node)] = static_cast<std::int32_t>(i);
  }
  const auto stop_of = [&](NodeId node) -> Stop& {
    return stops[static_cast<std::size_t>(stop_of_[index(node)])];
  };
  for (Stop& stop : stops) {
    for_each_last(stop.node, [&](LinkId link, NodeId tail) {
      const std::int64_t use = stop_of(tail).use + use_[index(link)] * link_times_[index(link)];
      if (stop.link && use >= stop.use) return;
      stop.use = use;
      stop.link = link;
    });
  }
  std::vector<LinkId> links;
  for (NodeId node = end; node != start;) {
    const LinkId link = stop_of(node).link.value();
    use_[index(link)] += weight;
    links.push_back(link);
    node = topology_.links[index(link)].from;
  }
  std::reverse(links.begin(), links.end());
  for (const Stop& stop : stops) stop_of_[index(stop.node)] = -1;
  return links;
}

}  // namespace pleach::baselines
