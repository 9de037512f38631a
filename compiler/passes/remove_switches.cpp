#include "compiler/passes/remove_switches.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/passes/even_split.hpp"
#include "compiler/passes/feasibility.hpp"

namespace pleach {
namespace {

struct Edge {
  int arc = 0;                    // in the checker
  std::deque<RoutePiece> pieces;  // the routes of its capacity
};

// Cuts out everything between two visits of a node: the shorter way uses less capacity.
Route without_loops(const Route& route) {
  Route simple;
  for (const NodeId node : route) {
    const auto seen = std::find(simple.begin(), simple.end(), node);
    simple.erase(seen, simple.end());
    simple.push_back(node);
  }
  return simple;
}

// Takes `amount` off the front of the pieces.
std::vector<RoutePiece> take(std::deque<RoutePiece>& pieces, Integer amount) {
  std::vector<RoutePiece> taken;
  while (amount.sign() > 0) {
    ENSURE(!pieces.empty(), "an edge has less route than capacity");
    RoutePiece& front = pieces.front();
    const Integer part = std::min(amount, front.amount);
    taken.push_back({front.route, part});
    amount -= part;
    front.amount -= part;
    if (front.amount.sign() == 0) pieces.pop_front();
  }
  return taken;
}

// Nodes to the nearest compute node, counted in links that leave it.
std::vector<int> distance_to_compute(const DemandGraph& graph) {
  std::vector<std::vector<int>> heads(graph.network.num_nodes);
  for (const FlowArc& arc : graph.network.arcs) heads[arc.tail].push_back(arc.head);
  std::vector<int> distance(graph.network.num_nodes, graph.network.num_nodes);
  std::queue<int> frontier;
  for (const int node : graph.compute) {
    distance[node] = 0;
    frontier.push(node);
  }
  for (; !frontier.empty(); frontier.pop()) {
    for (const int head : heads[frontier.front()]) {
      if (distance[head] < graph.network.num_nodes) continue;
      distance[head] = distance[frontier.front()] + 1;
      frontier.push(head);
    }
  }
  return distance;
}

class Splitter {
 public:
  explicit Splitter(const DemandGraph& graph)
      : graph_(graph), checker_(graph), is_compute_(graph.network.num_nodes) {
    for (const int node : graph.compute) is_compute_[node] = true;
    for (const Integer& weight : graph.weight) grain_ = std::max(grain_, (weight + 3) / 4);
    for (std::size_t i = 0; i < graph.network.arcs.size(); ++i) {
      const FlowArc& arc = graph.network.arcs[i];
      if (arc.capacity.sign() == 0) continue;  // floors may leave nothing
      edges_[{arc.tail, arc.head}] = {
          static_cast<int>(i),
          {{{static_cast<NodeId>(arc.tail), static_cast<NodeId>(arc.head)}, arc.capacity}}};
    }
  }

  // `zone` gives each node the zone it lies in when only edges between compute nodes count.
  void remove(int node, const std::vector<int>& zone) {
    const std::vector<Port> in = ports(node, true);
    const std::vector<Port> out = ports(node, false);
    if (in.empty()) return;
    const std::vector<SplitPair> even = plan(in, out, {everything(zone.size())});
    if (num_neighbours(in, out) <= 2) {
      split(node, even);
    } else if (!split_whole(node, compute_first(in, out, zone)) &&
               !split_whole(node, plan(in, out, {zone, everything(zone.size())})) &&
               !split_whole(node, even)) {
      split_parts(node, even);
      split_rest(node);
    }
    for (const Port& port : in) ENSURE(capacity(port.node, node).sign() == 0, "a switch stays");
    // Its edges are used up; later searches need not see them.
    std::erase_if(edges_, [&](const auto& edge) {
      return edge.first.first == node || edge.first.second == node;
    });
  }

  // The parts that edges between compute nodes join; every other node is a zone of its own.
  [[nodiscard]] std::vector<int> zones() const {
    std::vector<int> parent = everything(graph_.network.num_nodes);
    const auto find = [&](int node) {
      while (parent[node] != node) node = parent[node] = parent[parent[node]];
      return node;
    };
    for (const auto& [ends, edge] : edges_) {
      if (!is_compute_[ends.first] || !is_compute_[ends.second]) continue;
      if (checker_.capacity(edge.arc).sign() > 0) parent[find(ends.first)] = find(ends.second);
    }
    std::vector<int> zone(parent.size());
    for (std::size_t node = 0; node < zone.size(); ++node)
      zone[node] = find(static_cast<int>(node));
    return zone;
  }

  [[nodiscard]] SwitchFreeGraph result() && {
    std::map<int, int> rank_of;
    SwitchFreeGraph free;
    for (const int node : graph_.compute) {
      rank_of[node] = static_cast<int>(rank_of.size());
      free.trees.push_back(graph_.weight[node]);
    }
    for (auto& [ends, edge] : edges_) {
      if (checker_.capacity(edge.arc).sign() == 0) continue;
      LogicalEdge logical{
          rank_of.at(ends.first), rank_of.at(ends.second), checker_.capacity(edge.arc), {}};
      std::map<Route, std::size_t> position;
      for (RoutePiece& piece : edge.pieces) {
        const auto [known, is_new] = position.try_emplace(piece.route, logical.pieces.size());
        if (is_new) {
          logical.pieces.push_back(std::move(piece));
        } else {
          logical.pieces[known->second].amount += piece.amount;
        }
      }
      free.edges.push_back(std::move(logical));
    }
    std::sort(free.edges.begin(), free.edges.end(), [](const auto& a, const auto& b) {
      return std::tie(a.tail, a.head) < std::tie(b.tail, b.head);
    });
    return free;
  }

 private:
  [[nodiscard]] Integer capacity(int tail, int head) const {
    const auto edge = edges_.find({tail, head});
    return edge == edges_.end() ? Integer(0) : checker_.capacity(edge->second.arc);
  }

  void add_capacity(int tail, int head, const Integer& amount) {
    auto edge = edges_.find({tail, head});
    if (edge == edges_.end()) {
      edge = edges_.insert({{tail, head}, {checker_.add_arc(tail, head), {}}}).first;
    }
    checker_.set_capacity(edge->second.arc, checker_.capacity(edge->second.arc) + amount);
  }

  [[nodiscard]] std::vector<Port> ports(int node, bool entering) const {
    std::vector<Port> result;
    for (const auto& [ends, edge] : edges_) {
      const auto [near, far] = entering ? std::pair(ends.second, ends.first) : ends;
      if (near != node || checker_.capacity(edge.arc).sign() == 0) continue;
      result.push_back({far, checker_.capacity(edge.arc)});
    }
    return result;
  }

  // Each node a group of its own.
  static std::vector<int> everything(std::size_t num_nodes) {
    std::vector<int> group(num_nodes);
    std::iota(group.begin(), group.end(), 0);
    return group;
  }

  // The least amount worth a pair. Between zones of several compute nodes links are scarce: spread
  // over everything they would give each tree a few copies of every edge, and many different trees.
  // A quarter of a root's trees was measured to keep trees low and few (MI250 2x16: 251 trees of
  // height 16, against 485 of 14 with 1 and 135 of 26 with all of them).
  [[nodiscard]] Integer grain(const std::vector<int>& group) const {
    std::set<int> groups;
    for (const int node : graph_.compute) groups.insert(group[node]);
    return groups.size() < graph_.compute.size() ? grain_ : Integer(1);
  }

  // Even splits, one after the other, of what the one before left; what is left at the end could
  // only go back to where it came from, and does.
  [[nodiscard]] std::vector<SplitPair> plan(std::vector<Port> in,
                                            std::vector<Port> out,
                                            const std::vector<std::vector<int>>& groupings) const {
    std::vector<SplitPair> pairs;
    for (const std::vector<int>& group : groupings) {
      const std::vector<SplitPair> more = even_split(in, out, group, grain(group));
      pairs.insert(pairs.end(), more.begin(), more.end());
    }
    for (Port& from : in) {
      for (Port& to : out) {
        const Integer amount = std::min(from.capacity, to.capacity);
        if (amount.sign() == 0) continue;
        pairs.push_back({from.node, to.node, amount});
        from.capacity -= amount;
        to.capacity -= amount;
      }
    }
    return pairs;
  }

  // From compute nodes to compute nodes of other zones as far as possible.
  [[nodiscard]] std::vector<SplitPair> compute_first(std::vector<Port> in,
                                                     std::vector<Port> out,
                                                     const std::vector<int>& zone) const {
    const auto is_compute = [&](const Port& port) { return is_compute_[port.node]; };
    const auto first_switch_in = std::stable_partition(in.begin(), in.end(), is_compute);
    const auto first_switch_out = std::stable_partition(out.begin(), out.end(), is_compute);
    std::vector<Port> compute_in(in.begin(), first_switch_in);
    std::vector<Port> compute_out(out.begin(), first_switch_out);
    std::vector<SplitPair> pairs = even_split(compute_in, compute_out, zone, grain(zone));
    std::copy(compute_in.begin(), compute_in.end(), in.begin());
    std::copy(compute_out.begin(), compute_out.end(), out.begin());
    const std::vector<SplitPair> rest = plan(in, out, {zone, everything(zone.size())});
    pairs.insert(pairs.end(), rest.begin(), rest.end());
    return pairs;
  }

  // The capacities after the split; with a negative sign, before it.
  void shift(int node, std::span<const SplitPair> pairs, int sign) {
    for (const SplitPair& pair : pairs) {
      const Integer amount = sign > 0 ? pair.amount : -pair.amount;
      add_capacity(pair.from, node, -amount);
      add_capacity(node, pair.to, -amount);
      if (pair.from != pair.to) add_capacity(pair.from, pair.to, amount);
    }
  }

  // Capacities have moved for good: so do the routes.
  void move_routes(int node, std::span<const SplitPair> pairs) {
    for (const SplitPair& pair : pairs) {
      auto first = take(edges_.at({pair.from, node}).pieces, pair.amount);
      auto second = take(edges_.at({node, pair.to}).pieces, pair.amount);
      if (pair.from == pair.to) continue;
      auto& pieces = edges_.at({pair.from, pair.to}).pieces;
      for (std::size_t i = 0, j = 0; i < first.size();) {
        const Integer amount = std::min(first[i].amount, second[j].amount);
        Route route = first[i].route;
        route.insert(route.end(), second[j].route.begin() + 1, second[j].route.end());
        pieces.push_back({without_loops(route), amount});
        first[i].amount -= amount;
        second[j].amount -= amount;
        if (first[i].amount.sign() == 0) ++i;
        if (second[j].amount.sign() == 0) ++j;
      }
    }
  }

  static std::size_t num_neighbours(const std::vector<Port>& in, const std::vector<Port>& out) {
    std::set<int> neighbours;
    for (const auto* ports : {&in, &out}) {
      for (const Port& port : *ports) neighbours.insert(port.node);
    }
    return neighbours.size();
  }

  // With no look at the cuts.
  void split(int node, std::span<const SplitPair> pairs) {
    shift(node, pairs, +1);
    move_routes(node, pairs);
  }

  bool split_whole(int node, std::span<const SplitPair> pairs) {
    shift(node, pairs, +1);
    if (checker_.feasible()) {
      move_routes(node, pairs);
      return true;
    }
    shift(node, pairs, -1);
    return false;
  }

  // As much of one pair as every cut allows: each unit lowers the cuts it touches by one, so the
  // worst shortfall after the split is what it took too much.
  void split_pair(int node, SplitPair pair) {
    shift(node, {&pair, 1}, +1);
    const Integer excess = checker_.shortfall();
    shift(node, {&pair, 1}, -1);
    pair.amount -= excess;
    if (pair.amount.sign() <= 0) return;
    split(node, {&pair, 1});
  }

  void split_parts(int node, std::span<const SplitPair> pairs) {
    if (pairs.empty() || split_whole(node, pairs)) return;
    if (pairs.size() == 1) {
      split_pair(node, pairs.front());
      return;
    }
    split_parts(node, pairs.first(pairs.size() / 2));
    split_parts(node, pairs.subspan(pairs.size() / 2));
  }

  void split_rest(int node) {
    for (const Port& from : ports(node, true)) {
      for (const Port& to : ports(node, false)) {
        const Integer amount = std::min(capacity(from.node, node), capacity(node, to.node));
        if (amount.sign() > 0) split_pair(node, {from.node, to.node, amount});
      }
    }
  }

  const DemandGraph& graph_;
  FeasibilityChecker checker_;
  std::vector<bool> is_compute_;
  Integer grain_ = 1;                          // a quarter of one root's trees
  std::map<std::pair<int, int>, Edge> edges_;  // by (tail, head)
};

}  // namespace

std::vector<int> unbalanced_switches(const DemandGraph& graph) {
  std::vector<Integer> surplus(graph.network.num_nodes);
  for (const FlowArc& arc : graph.network.arcs) {
    surplus[arc.head] += arc.capacity;
    surplus[arc.tail] -= arc.capacity;
  }
  for (const int node : graph.compute) surplus[node] = 0;
  std::vector<int> unbalanced;
  for (int node = 0; node < graph.network.num_nodes; ++node) {
    if (surplus[node].sign() != 0) unbalanced.push_back(node);
  }
  return unbalanced;
}

SwitchFreeGraph remove_switches(const DemandGraph& graph, const Progress& progress) {
  std::vector<bool> is_switch(graph.network.num_nodes, true);
  for (const int node : graph.compute) is_switch[node] = false;
  std::vector<int> switches;
  for (int node = 0; node < graph.network.num_nodes; ++node) {
    if (is_switch[node]) switches.push_back(node);
  }
  const std::vector<int> distance = distance_to_compute(graph);
  std::stable_sort(switches.begin(), switches.end(),
                   [&](int a, int b) { return distance[a] < distance[b]; });
  Splitter splitter(graph);
  std::vector<int> zone;
  for (std::size_t i = 0; i < switches.size(); ++i) {
    report(progress, {"removing switches", static_cast<std::int64_t>(i),
                      static_cast<std::int64_t>(switches.size())});
    if (i == 0 || distance[switches[i]] != distance[switches[i - 1]]) zone = splitter.zones();
    splitter.remove(switches[i], zone);
  }
  return std::move(splitter).result();
}

}  // namespace pleach
