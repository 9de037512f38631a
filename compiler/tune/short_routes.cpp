#include "compiler/tune/short_routes.hpp"

#include <algorithm>

namespace pleach::tune {

ShortRoutes::ShortRoutes(const Topology& topology)
    : topology_(topology), out_(topology.num_nodes()), in_(topology.num_nodes()) {
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    out_[index(topology.links[i].from)].push_back(static_cast<LinkId>(i));
    in_[index(topology.links[i].to)].push_back(static_cast<LinkId>(i));
  }
  ahead_.distance.assign(topology.num_nodes(), -1);
  behind_.distance.assign(topology.num_nodes(), -1);
}

NodeId ShortRoutes::far_end(LinkId link, bool forwards) const {
  return forwards ? topology_.links[index(link)].to : topology_.links[index(link)].from;
}

void ShortRoutes::start(Side& side, NodeId end) {
  side.distance[index(end)] = 0;
  side.levels.push_back({end});
}

void ShortRoutes::forget(Side& side) {
  for (const auto& level : side.levels) {
    for (const NodeId node : level) side.distance[index(node)] = -1;
  }
  side.levels.clear();
}

bool ShortRoutes::grow(Side& side, bool forwards, NodeId goal, bool through_gpus) const {
  std::vector<NodeId> next;
  const int distance = static_cast<int>(side.levels.size());
  for (const NodeId node : side.levels.back()) {
    for (const LinkId link : (forwards ? out_ : in_)[index(node)]) {
      const NodeId end = far_end(link, forwards);
      int& met = side.distance[index(end)];
      const bool is_third = end != goal && topology_.node(end).type == NodeType::Gpu;
      if (met >= 0 || (is_third && !through_gpus)) continue;
      met = distance;
      next.push_back(end);
    }
  }
  side.levels.push_back(std::move(next));
  return !side.levels.back().empty();
}

bool ShortRoutes::have_met(const Side& grown, const Side& other) {
  return std::ranges::any_of(grown.levels.back(),
                             [&](NodeId node) { return other.distance[index(node)] >= 0; });
}

void ShortRoutes::keep_what_leads_on() {
  // From the middle back: a node stays if a link leads to a node that stays one level on.
  std::vector<NodeId>& middle = ahead_.levels.back();
  const auto leads_nowhere = [&](NodeId node) { return behind_.distance[index(node)] < 0; };
  const auto drop = [&](std::vector<NodeId>& level, const auto& is_useless) {
    for (const NodeId node : level) {
      if (is_useless(node)) ahead_.distance[index(node)] = -1;
    }
    std::erase_if(level, [&](NodeId node) { return ahead_.distance[index(node)] < 0; });
  };
  drop(middle, leads_nowhere);
  for (std::size_t level = ahead_.levels.size() - 1; level > 0; --level) {
    drop(ahead_.levels[level - 1], [&](NodeId node) {
      return std::ranges::none_of(out_[index(node)], [&](LinkId link) {
        return ahead_.distance[index(far_end(link, true))] == static_cast<int>(level);
      });
    });
  }
}

std::vector<LinkId> ShortRoutes::walk(NodeId from,
                                      NodeId to,
                                      const std::vector<std::int64_t>& loads) const {
  std::vector<LinkId> way;
  const int middle = static_cast<int>(ahead_.levels.size()) - 1;
  const int length = middle + static_cast<int>(behind_.levels.size()) - 1;
  for (NodeId node = from; node != to; node = topology_.links[index(way.back())].to) {
    const int step = static_cast<int>(way.size()) + 1;
    const LinkId* best = nullptr;
    double least = 0;
    for (const LinkId& link : out_[index(node)]) {
      const NodeId next = far_end(link, true);
      const bool leads_on = step <= middle ? ahead_.distance[index(next)] == step
                                           : behind_.distance[index(next)] == length - step;
      if (!leads_on) continue;
      const double filled = static_cast<double>(loads[index(link)] + 1) /
                            topology_.links[index(link)].bandwidth.gigabytes_per_second.to_double();
      if (best != nullptr && filled >= least) continue;
      best = &link;
      least = filled;
    }
    way.push_back(*best);
  }
  return way;
}

bool ShortRoutes::meet(NodeId from, NodeId to, bool through_gpus) {
  forget(ahead_);
  forget(behind_);
  start(ahead_, from);
  start(behind_, to);
  while (true) {
    const bool forwards = ahead_.levels.back().size() <= behind_.levels.back().size();
    Side& side = forwards ? ahead_ : behind_;
    if (!grow(side, forwards, forwards ? to : from, through_gpus)) return false;
    if (have_met(side, forwards ? behind_ : ahead_)) return true;
  }
}

std::vector<LinkId> ShortRoutes::find(NodeId from,
                                      NodeId to,
                                      const std::vector<std::int64_t>& loads) {
  if (!meet(from, to, false) && !meet(from, to, true)) return {};
  keep_what_leads_on();
  return walk(from, to, loads);
}

}  // namespace pleach::tune
