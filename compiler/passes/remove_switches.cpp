#include "compiler/passes/remove_switches.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <queue>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/passes/even_split.hpp"
#include "compiler/passes/feasibility.hpp"

namespace pleach {
namespace {

// `amount` units of an edge's capacity run along a route of the table.
struct Piece {
  int route = 0;
  Integer amount;
};

// Routes as they come about: a link, or one route after another. They are written out at the end.
class RouteTable {
 public:
  int link(int tail, int head) { return add({-1, tail, head}); }
  int joined(int first, int second) { return add({first, second, -1}); }

  // Without everything between two visits of a node: the shorter way uses less capacity.
  [[nodiscard]] Route written_out(int route) {
    nodes_.clear();
    pending_ = {route};
    while (!pending_.empty()) {
      const Entry entry = entries_[pending_.back()];
      pending_.pop_back();
      if (entry.first >= 0) {
        pending_.push_back(entry.second);
        pending_.push_back(entry.first);
        continue;
      }
      if (nodes_.empty()) nodes_.push_back(static_cast<NodeId>(entry.second));
      const auto head = static_cast<NodeId>(entry.head);
      nodes_.erase(std::find(nodes_.begin(), nodes_.end(), head), nodes_.end());
      nodes_.push_back(head);
    }
    return nodes_;
  }

 private:
  struct Entry {
    int first = -1;   // a route, or -1 for a link
    int second = -1;  // a route, or the link's tail
    int head = -1;    // the link's
  };
  int add(Entry entry) {
    entries_.push_back(entry);
    return static_cast<int>(entries_.size()) - 1;
  }

  std::vector<Entry> entries_;
  std::vector<int> pending_;
  Route nodes_;
};

struct Edge {
  int tail = 0;
  int head = 0;
  int arc = 0;                // in the checker
  std::vector<Piece> pieces;  // the routes of its capacity
  std::size_t first = 0;      // the pieces before it are used up
};

// Takes `amount` off the front of an edge's pieces.
void take(Edge& edge, Integer amount, std::vector<Piece>& taken) {
  taken.clear();
  while (amount.sign() > 0) {
    ENSURE(edge.first < edge.pieces.size(), "an edge has less route than capacity");
    Piece& front = edge.pieces[edge.first];
    const Integer part = std::min(amount, front.amount);
    taken.push_back({front.route, part});
    amount -= part;
    front.amount -= part;
    if (front.amount.sign() == 0) ++edge.first;
  }
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

enum class CutChecks { EachSwitch, AtTheEnd };

class Splitter {
 public:
  Splitter(const DemandGraph& graph, CutChecks checks)
      : graph_(graph),
        checks_(checks),
        checker_(graph),
        is_compute_(graph.network.num_nodes),
        is_removed_(graph.network.num_nodes),
        entering_(graph.network.num_nodes),
        leaving_(graph.network.num_nodes) {
    for (const int node : graph.compute) is_compute_[node] = true;
    for (const Integer& weight : graph.weight) grain_ = std::max(grain_, (weight + 3) / 4);
    for (std::size_t i = 0; i < graph.network.arcs.size(); ++i) {
      const FlowArc& arc = graph.network.arcs[i];
      if (arc.capacity.sign() == 0) continue;  // floors may leave nothing
      Edge& edge = add_edge(arc.tail, arc.head, static_cast<int>(i));
      edge.pieces.push_back({routes_.link(arc.tail, arc.head), arc.capacity});
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
    } else if (checks_ == CutChecks::AtTheEnd) {
      split(node, compute_first(in, out, zone));
    } else if (!split_whole(node, compute_first(in, out, zone)) &&
               !split_whole(node, plan(in, out, {zone, everything(zone.size())})) &&
               !split_whole(node, even)) {
      split_parts(node, even);
      split_rest(node);
    }
    for (const Port& port : in) ENSURE(capacity(port.node, node).sign() == 0, "a switch stays");
    is_removed_[node] = true;
  }

  [[nodiscard]] bool feasible() { return checker_.feasible(); }

  // The parts that edges between compute nodes join; every other node is a zone of its own.
  [[nodiscard]] std::vector<int> zones() const {
    std::vector<int> parent = everything(graph_.network.num_nodes);
    const auto find = [&](int node) {
      while (parent[node] != node) node = parent[node] = parent[parent[node]];
      return node;
    };
    for (const Edge& edge : edges_) {
      if (!is_compute_[edge.tail] || !is_compute_[edge.head]) continue;
      if (checker_.capacity(edge.arc).sign() > 0) parent[find(edge.tail)] = find(edge.head);
    }
    std::vector<int> zone(parent.size());
    for (std::size_t node = 0; node < zone.size(); ++node)
      zone[node] = find(static_cast<int>(node));
    return zone;
  }

  [[nodiscard]] SwitchFreeGraph result() && {
    std::vector<int> rank_of(graph_.network.num_nodes, -1);
    SwitchFreeGraph free;
    for (const int node : graph_.compute) {
      rank_of[node] = static_cast<int>(free.trees.size());
      free.trees.push_back(graph_.weight[node]);
    }
    for (const Edge& edge : edges_) {
      if (checker_.capacity(edge.arc).sign() == 0) continue;
      free.edges.push_back(
          {rank_of[edge.tail], rank_of[edge.head], checker_.capacity(edge.arc), written_out(edge)});
    }
    std::sort(free.edges.begin(), free.edges.end(), [](const auto& a, const auto& b) {
      return std::tie(a.tail, a.head) < std::tie(b.tail, b.head);
    });
    return free;
  }

 private:
  // Equal routes become one piece, in the place of the first.
  [[nodiscard]] std::vector<RoutePiece> written_out(const Edge& edge) {
    std::vector<RoutePiece> pieces;
    for (std::size_t i = edge.first; i < edge.pieces.size(); ++i) {
      pieces.push_back({routes_.written_out(edge.pieces[i].route), edge.pieces[i].amount});
    }
    if (pieces.size() == 1) return pieces;
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pieces[a].route < pieces[b].route;
    });
    for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
      if (pieces[order[i]].route != pieces[order[first]].route) first = i;
      if (i == first) continue;
      pieces[order[first]].amount += pieces[order[i]].amount;
      pieces[order[i]].amount = 0;
    }
    std::erase_if(pieces, [](const RoutePiece& piece) { return piece.amount.sign() == 0; });
    return pieces;
  }

  static std::uint64_t key_of(int tail, int head) {
    return static_cast<std::uint64_t>(tail) << 32 | static_cast<std::uint32_t>(head);
  }

  Edge& add_edge(int tail, int head, int arc) {
    const int number = static_cast<int>(edges_.size());
    edge_between_.emplace(key_of(tail, head), number);
    leaving_[tail].push_back(number);
    entering_[head].push_back(number);
    return edges_.emplace_back(Edge{tail, head, arc, {}, 0});
  }

  // Needs: the edge exists.
  [[nodiscard]] Edge& edge_at(int tail, int head) {
    return edges_[edge_between_.at(key_of(tail, head))];
  }

  [[nodiscard]] Integer capacity(int tail, int head) const {
    const auto edge = edge_between_.find(key_of(tail, head));
    return edge == edge_between_.end() ? Integer(0) : checker_.capacity(edges_[edge->second].arc);
  }

  void add_capacity(int tail, int head, const Integer& amount) {
    const auto known = edge_between_.find(key_of(tail, head));
    const int arc = known != edge_between_.end()
                        ? edges_[known->second].arc
                        : add_edge(tail, head, checker_.add_arc(tail, head)).arc;
    checker_.set_capacity(arc, checker_.capacity(arc) + amount);
  }

  // The neighbours that a node has capacity from, or to, ascending.
  [[nodiscard]] std::vector<Port> ports(int node, bool entering) {
    std::vector<int>& edges = entering ? entering_[node] : leaving_[node];
    const auto neighbour = [&](int edge) {
      return entering ? edges_[edge].tail : edges_[edge].head;
    };
    std::erase_if(edges, [&](int edge) { return is_removed_[neighbour(edge)]; });
    std::vector<Port> result;
    for (const int edge : edges) {
      const Integer& capacity = checker_.capacity(edges_[edge].arc);
      if (capacity.sign() > 0) result.push_back({neighbour(edge), capacity});
    }
    std::sort(result.begin(), result.end(),
              [](const Port& a, const Port& b) { return a.node < b.node; });
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
    std::vector<int> groups;
    for (const int node : graph_.compute) groups.push_back(group[node]);
    std::sort(groups.begin(), groups.end());
    const bool shares = std::adjacent_find(groups.begin(), groups.end()) != groups.end();
    return shares ? grain_ : Integer(1);
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
    std::vector<Piece> first;
    std::vector<Piece> second;
    for (const SplitPair& pair : pairs) {
      take(edge_at(pair.from, node), pair.amount, first);
      take(edge_at(node, pair.to), pair.amount, second);
      if (pair.from == pair.to) continue;
      std::vector<Piece>& pieces = edge_at(pair.from, pair.to).pieces;
      for (std::size_t i = 0, j = 0; i < first.size();) {
        const Integer amount = std::min(first[i].amount, second[j].amount);
        pieces.push_back({routes_.joined(first[i].route, second[j].route), amount});
        first[i].amount -= amount;
        second[j].amount -= amount;
        if (first[i].amount.sign() == 0) ++i;
        if (second[j].amount.sign() == 0) ++j;
      }
    }
  }

  static std::ptrdiff_t num_neighbours(const std::vector<Port>& in, const std::vector<Port>& out) {
    std::vector<int> neighbours;
    for (const auto* ports : {&in, &out}) {
      for (const Port& port : *ports) neighbours.push_back(port.node);
    }
    std::sort(neighbours.begin(), neighbours.end());
    return std::unique(neighbours.begin(), neighbours.end()) - neighbours.begin();
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
  CutChecks checks_;
  FeasibilityChecker checker_;
  std::vector<bool> is_compute_;
  std::vector<bool> is_removed_;
  Integer grain_ = 1;  // a quarter of one root's trees
  RouteTable routes_;
  std::vector<Edge> edges_;
  std::unordered_map<std::uint64_t, int> edge_between_;  // looked up only, never walked through
  std::vector<std::vector<int>> entering_;               // by node: edges
  std::vector<std::vector<int>> leaving_;
};

// Switch by switch, those nearest to compute nodes first.
void remove_all(const DemandGraph& graph, Splitter& splitter, const Progress& progress) {
  std::vector<bool> is_switch(graph.network.num_nodes, true);
  for (const int node : graph.compute) is_switch[node] = false;
  std::vector<int> switches;
  for (int node = 0; node < graph.network.num_nodes; ++node) {
    if (is_switch[node]) switches.push_back(node);
  }
  const std::vector<int> distance = distance_to_compute(graph);
  std::stable_sort(switches.begin(), switches.end(),
                   [&](int a, int b) { return distance[a] < distance[b]; });
  std::vector<int> zone;
  for (std::size_t i = 0; i < switches.size(); ++i) {
    report(progress, {"removing switches", static_cast<std::int64_t>(i),
                      static_cast<std::int64_t>(switches.size())});
    if (i == 0 || distance[switches[i]] != distance[switches[i - 1]]) zone = splitter.zones();
    splitter.remove(switches[i], zone);
  }
}

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
  // A cut that some split breaks stays broken, so one look at the end is enough.
  Splitter hopeful(graph, CutChecks::AtTheEnd);
  remove_all(graph, hopeful, progress);
  if (hopeful.feasible()) return std::move(hopeful).result();
  Splitter careful(graph, CutChecks::EachSwitch);
  remove_all(graph, careful, progress);
  return std::move(careful).result();
}

}  // namespace pleach
