#include "tests/compiler/verify/random_schedule.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace pleach {
namespace {

std::size_t position(Random& random, std::size_t count) {
  return static_cast<std::size_t>(pick(random, static_cast<int>(count)));
}

// One of the two lists, a filled one where there is one.
std::vector<ScheduleTree>& some_list(Schedule& schedule, Random& random) {
  const bool reduce =
      schedule.broadcast_trees.empty() || (!schedule.reduce_trees.empty() && pick(random, 2) == 0);
  return reduce ? schedule.reduce_trees : schedule.broadcast_trees;
}

Rational some_share(Random& random) { return Rational(pick(random, 5), 1 + pick(random, 8)); }

NodeId some_node(const Schedule& schedule, Random& random) {
  return NodeId{pick(random, static_cast<int>(schedule.topology.num_nodes()))};
}

// Needs: a list with a tree in it.
void mutate_trees(std::vector<ScheduleTree>& trees, int ranks, int routes, Random& random) {
  ScheduleTree& tree = trees[position(random, trees.size())];
  const auto edge = [&] { return position(random, tree.routes.size()); };
  switch (pick(random, 10)) {
    case 0: tree.root = pick(random, ranks); break;
    case 1: tree.share = some_share(random); break;
    case 2: trees.push_back(tree); break;
    case 3: trees.erase(trees.begin() + pick(random, static_cast<int>(trees.size()))); break;
    case 4: std::swap(tree, trees[position(random, trees.size())]); break;
    case 5: {  // splits a tree in two
      ScheduleTree half = tree;
      half.share = tree.share = tree.share / 2;
      trees.push_back(half);
      break;
    }
    case 6: tree.routes.push_back(pick(random, routes)); break;
    default:
      if (tree.routes.empty()) break;
      if (pick(random, 3) == 0) {
        tree.routes.erase(tree.routes.begin() + pick(random, static_cast<int>(tree.routes.size())));
      } else if (pick(random, 2) == 0) {
        std::swap(tree.routes[edge()], tree.routes[edge()]);
      } else {
        tree.routes[edge()] = pick(random, routes);
      }
  }
}

void mutate_routes(Schedule& schedule, Random& random) {
  Route& route = schedule.routes[position(random, schedule.routes.size())];
  switch (pick(random, 5)) {
    case 0: std::ranges::reverse(route); break;
    case 1: route.erase(route.begin() + pick(random, static_cast<int>(route.size()))); break;
    case 2:
      route.insert(route.begin() + pick(random, static_cast<int>(route.size()) + 1),
                   some_node(schedule, random));
      break;
    case 3: schedule.routes.push_back(route); break;
    default: route[position(random, route.size())] = some_node(schedule, random);
  }
}

void mutate_bound(Schedule& schedule, Random& random) {
  ScheduleBound& bound = schedule.bound;
  std::vector<NodeId>& nodes =
      bound.parts.empty() ? bound.cut : bound.parts[position(random, bound.parts.size())];
  switch (pick(random, 4)) {
    case 0: nodes.push_back(some_node(schedule, random)); break;
    case 1:
      if (!nodes.empty()) nodes.erase(nodes.begin());
      break;
    case 2: bound.algbw = Rational(1 + pick(random, 400), 1 + pick(random, 3)); break;
    default:
      if (bound.parts.empty()) {
        bound.parts.push_back(bound.cut);
      } else {
        bound.parts.pop_back();
      }
  }
}

void mutate_topology(Topology& topology, Random& random) {
  Link& link = topology.links[position(random, topology.links.size())];
  switch (pick(random, 4)) {
    case 0: link.bandwidth = {Rational(pick(random, 200))}; break;
    case 1: std::swap(link.from, link.to); break;
    case 2: std::swap(link, topology.links.front()); break;
    default:
      std::swap(topology.ranks[position(random, topology.num_ranks())], topology.ranks.front());
  }
}

}  // namespace

int pick(Random& random, int count) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(count));
}

Topology random_topology(Random& random, int most_nodes) {
  Topology topology;
  const int nodes = 2 + pick(random, most_nodes - 1);
  const int ranks = 2 + pick(random, nodes - 1);
  std::vector<int> order;
  for (int i = 0; i < nodes; ++i) {
    order.insert(order.begin() + pick(random, i + 1), i);
    topology.nodes.push_back({.id = "n" + std::to_string(i), .type = NodeType::Switch});
  }
  for (int r = 0; r < ranks; ++r) {
    const NodeId node{order[static_cast<std::size_t>(r)]};
    topology.nodes[index(node)].type = NodeType::Gpu;
    topology.ranks.push_back(node);
  }
  const int density = 1 + pick(random, 4);
  const std::uint64_t most = pick(random, 2) == 0 ? 5 : std::uint64_t{1} << 41U;
  for (int from = 0; from < nodes; ++from) {
    for (int to = 0; to < nodes; ++to) {
      if (from == to || pick(random, 5) >= density) continue;
      const Rational rate(static_cast<std::int64_t>(1 + random() % most), 1 + pick(random, 3));
      topology.links.push_back({NodeId{from}, NodeId{to}, {rate}, {}});
    }
  }
  return topology;
}

void mutate(Schedule& schedule, Random& random) {
  const int ranks = static_cast<int>(schedule.topology.num_ranks());
  const int routes = static_cast<int>(schedule.routes.size());
  const int kind = pick(random, 20);
  if (kind < 10) {
    std::vector<ScheduleTree>& trees = some_list(schedule, random);
    if (!trees.empty()) mutate_trees(trees, ranks, routes, random);
  } else if (kind < 14) {
    mutate_routes(schedule, random);
  } else if (kind < 16) {
    mutate_bound(schedule, random);
  } else if (kind == 16) {
    mutate_topology(schedule.topology, random);
  } else if (kind == 17) {
    schedule.algbw = Rational(1 + pick(random, 400), 1 + pick(random, 3));
  } else if (kind == 18) {
    schedule.collective = kCollectives[position(random, kCollectives.size())];
  } else {
    std::swap(schedule.broadcast_trees, schedule.reduce_trees);
  }
}

}  // namespace pleach
