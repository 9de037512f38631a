#include "compiler/passes/build_schedule.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include "compiler/core/check.hpp"
#include "compiler/topology/digest.hpp"

namespace pleach {
namespace {

std::size_t at(int position) { return static_cast<std::size_t>(position); }

// Numbers routes in order of first use. Those of one graph all differ (see SwitchFreeGraph); only
// the two directions of an allreduce can share some, so only their second looks for equals.
class RouteTable {
 public:
  RouteTable() = default;
  RouteTable(const RouteTable&) = delete;  // its set points into it
  RouteTable& operator=(const RouteTable&) = delete;

  int add(Route route) {
    routes_.push_back(std::move(route));
    return static_cast<int>(routes_.size()) - 1;
  }

  int find_or_add(Route route) {
    for (; hashed_ < routes_.size(); ++hashed_) numbers_.insert(static_cast<int>(hashed_));
    const auto found = numbers_.find(route);
    return found != numbers_.end() ? *found : add(std::move(route));
  }

  [[nodiscard]] std::vector<Route> take() && { return std::move(routes_); }

 private:
  // A set of positions that is searched by what stands there. It is never walked, so its order can
  // not show.
  struct Hash {
    using is_transparent = void;
    const std::vector<Route>* routes;
    std::size_t operator()(const Route& route) const {
      std::uint64_t hash = 0;
      for (const NodeId node : route) {
        hash = (hash ^ static_cast<std::uint32_t>(node)) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32U;
      }
      return hash;
    }
    std::size_t operator()(int number) const { return (*this)((*routes)[at(number)]); }
  };
  struct Equal {
    using is_transparent = void;
    const std::vector<Route>* routes;
    bool operator()(int a, int b) const { return (*routes)[at(a)] == (*routes)[at(b)]; }
    bool operator()(const Route& a, int b) const { return a == (*routes)[at(b)]; }
    bool operator()(int a, const Route& b) const { return (*routes)[at(a)] == b; }
  };

  std::vector<Route> routes_;
  std::size_t hashed_ = 0;  // how many of them are in numbers_
  std::unordered_set<int, Hash, Equal> numbers_{0, Hash{&routes_}, Equal{&routes_}};
};

// The schedule trees of one direction and what they put on the routes.
struct TreeList {
  std::vector<ScheduleTree> trees;
  Integer denominator = 1;     // of all shares: how many unit trees there are
  std::vector<Integer> loads;  // by route: unit trees on it; routes past the end have none
};

// Hands out an edge's capacity, route by route.
struct EdgeState {
  Integer left;      // of the piece that is being used
  int piece = 0;     // which that is
  int number = -1;   // of its route; -1 until a tree takes it
  bool last = true;  // it is the edge's last piece
};

// Turns a forest into schedule trees, in-trees when `mirrored`.
TreeList trees_of(const PackedGraph& packed, bool mirrored, RouteTable& routes) {
  const auto& edges = packed.graph.edges;
  TreeList list;
  list.denominator = 0;
  for (const Integer& trees : packed.graph.trees) list.denominator += trees;
  std::vector<EdgeState> states;
  states.reserve(edges.size());
  for (const LogicalEdge& edge : edges) {
    states.push_back({.left = edge.pieces.front().amount, .last = edge.pieces.size() == 1});
  }
  const auto number_route = [&](EdgeState& state, int edge) {
    Route route = edges[at(edge)].pieces[at(state.piece)].route;
    if (mirrored) std::reverse(route.begin(), route.end());
    state.number = mirrored ? routes.find_or_add(std::move(route)) : routes.add(std::move(route));
    if (list.loads.size() <= at(state.number)) list.loads.resize(at(state.number) + 1);
  };
  list.trees.reserve(packed.forest.size());
  for (const OutTree& tree : packed.forest) {
    for (Integer copies = tree.multiplicity; copies.sign() > 0;) {
      const Integer* together = &copies;  // as many as no edge has to change its route for
      for (const int edge : tree.edges) {
        if (states[at(edge)].left < *together) together = &states[at(edge)].left;
      }
      const Integer amount = *together;
      ENSURE(amount.sign() > 0, "an edge is in more trees than it has capacity");
      ScheduleTree& part = list.trees.emplace_back();
      part.root = tree.root;
      part.share = Rational(amount, list.denominator);
      part.routes.reserve(tree.edges.size());
      for (const int edge : tree.edges) {
        EdgeState& state = states[at(edge)];
        if (state.number < 0) number_route(state, edge);
        part.routes.push_back(state.number);
        list.loads[at(state.number)] += amount;
        state.left -= amount;
        if (state.left.sign() == 0 && !state.last) {
          const auto& pieces = edges[at(edge)].pieces;
          ++state.piece;
          state = {.left = pieces[at(state.piece)].amount,
                   .piece = state.piece,
                   .number = -1,
                   .last = at(state.piece) + 1 == pieces.size()};
        }
      }
      if (mirrored) std::reverse(part.routes.begin(), part.routes.end());
      copies -= amount;
    }
  }
  return list;
}

// Finds the link between two nodes.
class LinkTable {
 public:
  explicit LinkTable(const Topology& topology) : first_(topology.num_nodes() + 1) {
    for (const Link& link : topology.links) ++first_[index(link.from) + 1];
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    ends_.resize(topology.links.size());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t i = 0; i < topology.links.size(); ++i) {
      const Link& link = topology.links[i];
      ends_[next[index(link.from)]++] = {link.to, i};
    }
    for (std::size_t i = 0; i + 1 < first_.size(); ++i) {
      std::sort(ends_.begin() + static_cast<std::ptrdiff_t>(first_[i]),
                ends_.begin() + static_cast<std::ptrdiff_t>(first_[i + 1]));
    }
  }

  [[nodiscard]] std::size_t link(NodeId from, NodeId to) const {
    const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(first_[index(from)]);
    const auto end = ends_.begin() + static_cast<std::ptrdiff_t>(first_[index(from) + 1]);
    const auto found = std::lower_bound(begin, end, std::pair(to, std::size_t{0}));
    ENSURE(found != end && found->first == to, "a route crosses a link that is not there");
    return found->second;
  }

 private:
  std::vector<std::size_t> first_;                    // in ends_, by node
  std::vector<std::pair<NodeId, std::size_t>> ends_;  // head and position, sorted by node
};

// The least capacity / load over all links. Loads are whole numbers over a common denominator: only
// one fraction is made for each link.
Rational algbw_of(const Schedule& schedule, const TreeList& broadcast, const TreeList& reduce) {
  const Integer shared = gcd(broadcast.denominator, reduce.denominator);
  const Integer denominator = broadcast.denominator / shared * reduce.denominator;
  const LinkTable table(schedule.topology);
  std::vector<Integer> load(schedule.topology.links.size());
  for (const TreeList* list : {&broadcast, &reduce}) {
    const Integer scale = denominator / list->denominator;
    for (std::size_t i = 0; i < list->loads.size(); ++i) {
      if (list->loads[i].sign() == 0) continue;
      const Integer amount = list->loads[i] * scale;
      const Route& route = schedule.routes[i];
      for (std::size_t hop = 0; hop + 1 < route.size(); ++hop) {
        load[table.link(route[hop], route[hop + 1])] += amount;
      }
    }
  }
  std::optional<Rational> algbw;
  for (std::size_t i = 0; i < load.size(); ++i) {
    if (load[i].sign() == 0) continue;
    const Rational rate =
        schedule.topology.links[i].bandwidth.gigabytes_per_second * Rational(denominator, load[i]);
    if (!algbw || rate < *algbw) algbw = rate;
  }
  ENSURE(algbw.has_value(), "a schedule without a loaded link");
  return *algbw;
}

}  // namespace

Schedule build_schedule(const Topology& topology,
                        const Bound& bound,
                        const PackedGraph& broadcast,
                        const PackedGraph& reduce) {
  Schedule schedule;
  schedule.collective = bound.collective;
  schedule.topology = topology;
  schedule.topology_digest = topology_digest(topology);
  RouteTable routes;
  TreeList out;
  TreeList in;
  if (!broadcast.forest.empty()) out = trees_of(broadcast, false, routes);
  if (!reduce.forest.empty()) in = trees_of(reduce, true, routes);
  schedule.routes = std::move(routes).take();
  schedule.algbw = algbw_of(schedule, out, in);
  schedule.broadcast_trees = std::move(out.trees);
  schedule.reduce_trees = std::move(in.trees);
  schedule.bound = {bound.upper_bound, bound.upper_cut.nodes, bound.upper_parts, bound.achievable};
  return schedule;
}

}  // namespace pleach
